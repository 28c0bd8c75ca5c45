-- Published pipelines, version by version, and the models that their runs made on their way to a release.
-- Times are UTC milliseconds; JSON is text.
CREATE TABLE published_pipeline (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    spec TEXT NOT NULL,
    publisher TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name, version)
);
CREATE TABLE candidate (
    workspace TEXT NOT NULL,
    job TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    version BIGINT NOT NULL,
    target TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    deployment TEXT NOT NULL,
    model TEXT,
    release TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, job)
);
CREATE INDEX candidate_state ON candidate (state);
CREATE INDEX candidate_of ON candidate (workspace, pipeline, created_at);
