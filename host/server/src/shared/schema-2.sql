-- The keys that hosts seal the state of calls with that clients make again. A host that needs one and finds none makes it.
CREATE TABLE seals (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key bytea NOT NULL,
    made timestamptz NOT NULL DEFAULT clock_timestamp()
);
