-- Releases: what they carry, how far they are in each stage, and all that happened to them. Events are only ever added.
-- Times are UTC milliseconds; JSON is text.
CREATE TABLE release_number (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    spec TEXT NOT NULL,
    plan TEXT NOT NULL,
    digest TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name, number)
);
CREATE TABLE release_stage (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    stage TEXT NOT NULL,
    target TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    deployment TEXT NOT NULL,
    previous TEXT,
    state TEXT NOT NULL,
    step BIGINT NOT NULL,
    promoter TEXT NOT NULL,
    reason TEXT,
    evidence TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name, number, stage),
    FOREIGN KEY (workspace, name, number) REFERENCES release_number (workspace, name, number)
);
CREATE INDEX release_stage_target ON release_stage (target, endpoint, state);
CREATE TABLE release_event (
    id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    stage TEXT NOT NULL,
    target TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    FOREIGN KEY (workspace, name, number) REFERENCES release_number (workspace, name, number)
);
CREATE INDEX release_event_of ON release_event (workspace, name, number, id);
CREATE INDEX release_event_target ON release_event (target, id);
