-- Groups, workspaces, tokens, audit, events and datastores. Times are UTC milliseconds; JSON is text.
CREATE TABLE resource_group (
    name TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE workspace (
    name TEXT NOT NULL PRIMARY KEY,
    group_name TEXT NOT NULL REFERENCES resource_group (name),
    display_name TEXT NOT NULL,
    spec TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE token (
    hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    workspace TEXT,
    job TEXT,
    attempt BIGINT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX token_job ON token (workspace, job);
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    scope TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE TABLE event (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    workspace TEXT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE TABLE datastore (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
