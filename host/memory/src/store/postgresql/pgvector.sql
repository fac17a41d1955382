-- The numbers of a vector, made of its bytes, so that whoever writes need not know whether pgvector is there.
CREATE FUNCTION numbers_of(body bytea) RETURNS vector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT array_agg((((get_byte(body, at) # 128) - 128))::real ORDER BY at)
        FROM generate_series(0, octet_length(body) - 1) AS at
    )::vector;
ALTER TABLE vectors ADD COLUMN numbers vector GENERATED ALWAYS AS (numbers_of(body)) STORED;
