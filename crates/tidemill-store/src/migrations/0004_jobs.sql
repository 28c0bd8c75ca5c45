-- Jobs, and what went into and came out of them. Times are UTC milliseconds; JSON is text.
CREATE TABLE job (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    display_name TEXT,
    description TEXT,
    experiment_name TEXT NOT NULL,
    experiment_id TEXT NOT NULL,
    parent TEXT,
    root TEXT NOT NULL,
    node TEXT,
    position BIGINT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    compute TEXT,
    spec TEXT NOT NULL,
    plan TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    handle TEXT,
    cache_key TEXT,
    reused_from TEXT,
    outputs TEXT NOT NULL,
    environment TEXT,
    warnings TEXT NOT NULL,
    exit_code BIGINT,
    tags TEXT NOT NULL,
    properties TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    archived BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE INDEX job_newest ON job (workspace, id);
CREATE INDEX job_parent ON job (workspace, parent, position);
CREATE INDEX job_root ON job (workspace, root);
CREATE INDEX job_status ON job (status);
CREATE INDEX job_cache_key ON job (workspace, cache_key);
CREATE TABLE lineage (
    workspace TEXT NOT NULL,
    job TEXT NOT NULL,
    direction TEXT NOT NULL,
    port TEXT NOT NULL,
    asset TEXT,
    uri TEXT NOT NULL,
    digest TEXT,
    PRIMARY KEY (workspace, job, direction, port)
);
CREATE INDEX lineage_asset ON lineage (workspace, asset);
CREATE INDEX lineage_digest ON lineage (workspace, digest);
