-- What people find in traces and how they look at them, as MLflow's clients know it: issues, questions to reviewers, and
-- queues of traces to review. Lists and maps are JSON; times are UTC milliseconds.
CREATE TABLE issue (
    workspace TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT,
    root_causes TEXT NOT NULL,
    source_run_id TEXT,
    categories TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    updated_at BIGINT NOT NULL,
    updated_by TEXT,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, issue_id)
);
CREATE INDEX issue_experiment ON issue (workspace, experiment_id);
CREATE TABLE label_schema (
    workspace TEXT NOT NULL,
    schema_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    input TEXT NOT NULL,
    instruction TEXT,
    enable_comment BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, schema_id)
);
CREATE UNIQUE INDEX label_schema_name ON label_schema (workspace, experiment_id, name);
CREATE TABLE review_queue (
    workspace TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    type TEXT NOT NULL,
    created_by TEXT,
    users TEXT NOT NULL,
    schema_ids TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, queue_id)
);
CREATE UNIQUE INDEX review_queue_name ON review_queue (workspace, experiment_id, name_key);
CREATE TABLE review_item (
    workspace TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    status TEXT NOT NULL,
    completed_by TEXT,
    completed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, queue_id, trace_id)
);
CREATE INDEX review_item_trace ON review_item (workspace, trace_id);
-- Lineage is followed from a place to the jobs that wrote and read it.
CREATE INDEX lineage_uri ON lineage (workspace, uri);
