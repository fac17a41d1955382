-- What programs keep, by session. Keys are bytes: PostgreSQL's texts have no NUL, and JavaScript's have.
CREATE TABLE state (
    session text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    value text NOT NULL,
    -- Of this server's clock, which is one for all hosts.
    expires_ms bigint,
    PRIMARY KEY (session, key)
);
CREATE INDEX state_expires ON state (expires_ms) WHERE expires_ms IS NOT NULL;

-- Whoever changes tokens locks this row first, and counts it up: hosts see by it that something changed.
CREATE TABLE token_counter (
    one smallint PRIMARY KEY CHECK (one = 1),
    seq bigint NOT NULL
);
INSERT INTO token_counter VALUES (1, 0);
CREATE TABLE tokens (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    account text COLLATE "C" NOT NULL,
    profile text COLLATE "C",
    hash text NOT NULL,
    created_s bigint NOT NULL,
    expires_s bigint
);

-- How sessions of MCP were opened, so that another host can go on with them. Without accounts, `account` is empty.
CREATE TABLE sessions (
    account text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    opened text NOT NULL,
    used timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, id)
);
CREATE INDEX sessions_used ON sessions (used);

-- The audit log: a chain for each host, and where it ends. `bytes` is what its lines come to.
CREATE TABLE audit_chains (
    host text COLLATE "C" PRIMARY KEY,
    seq bigint NOT NULL,
    hash text NOT NULL,
    bytes bigint NOT NULL
);
CREATE TABLE audit_lines (
    host text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    written timestamptz NOT NULL DEFAULT clock_timestamp(),
    line text NOT NULL,
    PRIMARY KEY (host, seq)
);
CREATE INDEX audit_lines_written ON audit_lines (written);
