-- `seq` numbers all changes. Whoever writes locks this row first, so that writes follow one after the other on all hosts;
-- whoever keeps an index of episodes in memory follows by it.
CREATE TABLE counter (
    one smallint PRIMARY KEY CHECK (one = 1),
    seq bigint NOT NULL,
    -- Grows when indexes have to be made anew.
    generation bigint NOT NULL
);
INSERT INTO counter VALUES (1, 0, 0);

-- `body` is the episode as JSON, without its steps. What is beside it can be filtered and ordered by. Texts are compared by
-- their bytes, as everywhere else in the memory.
CREATE TABLE episodes (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bytea NOT NULL UNIQUE,
    seq bigint NOT NULL,
    -- The last change of its text; a document older than that has to be made anew.
    text_seq bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    task_type text COLLATE "C" NOT NULL,
    complexity smallint NOT NULL,
    outcome text COLLATE "C",
    start_us bigint NOT NULL,
    end_us bigint,
    reward double precision,
    quality double precision,
    steps bigint NOT NULL,
    body_bytes bigint NOT NULL,
    step_bytes bigint NOT NULL,
    body text NOT NULL
);
CREATE INDEX episodes_seq ON episodes (seq);
CREATE INDEX episodes_start ON episodes (start_us);
CREATE INDEX episodes_domain ON episodes (domain, task_type, start_us);

CREATE TABLE steps (
    episode bigint NOT NULL REFERENCES episodes (place) ON DELETE CASCADE,
    number bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (episode, number)
);

CREATE TABLE tags (
    tag text COLLATE "C" NOT NULL,
    episode bigint NOT NULL REFERENCES episodes (place) ON DELETE CASCADE,
    PRIMARY KEY (tag, episode)
);
CREATE INDEX tags_episode ON tags (episode);

-- `words`: for each word 4 bytes of its hash, little-endian, and 1 byte for how often it stands there.
CREATE TABLE documents (
    episode bigint PRIMARY KEY REFERENCES episodes (place) ON DELETE CASCADE,
    seq bigint NOT NULL,
    words bytea NOT NULL
);

-- Which vectors can be compared: those of one key. One is active.
CREATE TABLE models (
    model bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL UNIQUE,
    -- Not known before the first vector.
    dimension integer,
    active boolean NOT NULL
);

-- `body` has each number in one signed byte. With pgvector there is a column that follows from it.
CREATE TABLE vectors (
    model bigint NOT NULL REFERENCES models (model) ON DELETE CASCADE,
    episode bigint NOT NULL REFERENCES episodes (place) ON DELETE CASCADE,
    body bytea NOT NULL,
    PRIMARY KEY (model, episode)
);
CREATE INDEX vectors_episode ON vectors (episode);

-- The episodes that were removed last, for indexes that have them still.
CREATE TABLE removed (
    seq bigint PRIMARY KEY,
    id bytea NOT NULL
);

-- Every word of every document with the groups of three characters in it, to find what a misspelt one was meant to be.
CREATE TABLE vocabulary (
    word text COLLATE "C" PRIMARY KEY,
    trigrams text[] COLLATE "C" NOT NULL
);
CREATE INDEX vocabulary_trigrams ON vocabulary USING gin (trigrams);

-- Everything else, as JSON. `a` and `b` are what records of a kind are listed by.
CREATE TABLE records (
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    a text COLLATE "C" NOT NULL,
    b text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX records_a ON records (kind, a, b, id, seq);
CREATE INDEX records_b ON records (kind, b, id);
CREATE INDEX records_seq ON records (kind, seq);
