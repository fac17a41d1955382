-- `seq` numbers all changes. Whoever keeps an index of episodes in memory follows by it.
CREATE TABLE counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    -- Grows when the index has to be made anew.
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0, 0);

-- `body` is the episode as JSON, without its steps. What is beside it can be filtered and ordered by.
CREATE TABLE episodes (
    row INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    -- The last change of its text; a document older than that has to be made anew.
    text_seq INTEGER NOT NULL,
    domain TEXT NOT NULL,
    task_type TEXT NOT NULL,
    complexity INTEGER NOT NULL,
    outcome TEXT,
    start_us INTEGER NOT NULL,
    end_us INTEGER,
    reward REAL,
    quality REAL,
    steps INTEGER NOT NULL,
    body_bytes INTEGER NOT NULL,
    step_bytes INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX episodes_seq ON episodes (seq);
CREATE INDEX episodes_start ON episodes (start_us);
CREATE INDEX episodes_domain ON episodes (domain, task_type, start_us);

CREATE TABLE steps (
    episode INTEGER NOT NULL REFERENCES episodes (row) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (episode, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    tag TEXT NOT NULL,
    episode INTEGER NOT NULL REFERENCES episodes (row) ON DELETE CASCADE,
    PRIMARY KEY (tag, episode)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_episode ON tags (episode);

-- `words`: for each word 4 bytes of its hash, little-endian, and 1 byte for how often it stands there.
CREATE TABLE documents (
    episode INTEGER PRIMARY KEY REFERENCES episodes (row) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    words BLOB NOT NULL
) STRICT;

-- Which vectors can be compared: those of one key. One is active.
CREATE TABLE models (
    model INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    active INTEGER NOT NULL
) STRICT;

CREATE TABLE vectors (
    model INTEGER NOT NULL REFERENCES models (model) ON DELETE CASCADE,
    episode INTEGER NOT NULL REFERENCES episodes (row) ON DELETE CASCADE,
    -- Each number in one signed byte.
    body BLOB NOT NULL,
    PRIMARY KEY (model, episode)
) STRICT, WITHOUT ROWID;
CREATE INDEX vectors_episode ON vectors (episode);

-- The episodes that were removed last, for indexes that have them still.
CREATE TABLE removed (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL
) STRICT;

-- Every word of every document, to find what a misspelt one was meant to be.
CREATE TABLE words (hash INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE vocabulary USING fts5 (word, tokenize = 'trigram', columnsize = 0);

-- Everything else, as JSON. `a` and `b` are what records of a kind are listed by.
CREATE TABLE records (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    a TEXT NOT NULL,
    b TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_a ON records (kind, a, b, id, seq);
CREATE INDEX records_b ON records (kind, b, id);
