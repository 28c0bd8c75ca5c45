-- Experiments, runs, metrics, logged models and registered models. Times are UTC milliseconds; JSON is text.
-- `noun` says what a tag or parameter belongs to: experiment, run, logged_model, model, model_version.
CREATE TABLE sequence (
    workspace TEXT NOT NULL,
    noun TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (workspace, noun)
);
CREATE TABLE tag (
    workspace TEXT NOT NULL,
    noun TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (workspace, noun, owner, key)
);
CREATE INDEX tag_key ON tag (workspace, noun, key);
CREATE TABLE param (
    workspace TEXT NOT NULL,
    noun TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (workspace, noun, owner, key)
);
CREATE TABLE experiment (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    artifact_location TEXT NOT NULL,
    lifecycle_stage TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, experiment_id),
    UNIQUE (workspace, name)
);
CREATE TABLE run (
    workspace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT,
    lifecycle_stage TEXT NOT NULL,
    deleted_at BIGINT,
    artifact_uri TEXT NOT NULL,
    job TEXT,
    PRIMARY KEY (workspace, run_id),
    FOREIGN KEY (workspace, experiment_id) REFERENCES experiment (workspace, experiment_id)
);
CREATE INDEX run_experiment ON run (workspace, experiment_id, lifecycle_stage, start_time);
CREATE TABLE metric (
    workspace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    key TEXT NOT NULL,
    timestamp BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BOOLEAN NOT NULL,
    PRIMARY KEY (workspace, run_id, key, timestamp, step, value, is_nan)
);
CREATE TABLE latest_metric (
    workspace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    key TEXT NOT NULL,
    timestamp BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BOOLEAN NOT NULL,
    PRIMARY KEY (workspace, run_id, key)
);
CREATE TABLE dataset (
    workspace TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT,
    profile TEXT,
    PRIMARY KEY (workspace, experiment_id, name, digest)
);
CREATE TABLE run_input (
    workspace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    context TEXT,
    tags TEXT NOT NULL,
    PRIMARY KEY (workspace, run_id, name, digest)
);
CREATE TABLE run_model (
    workspace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    direction TEXT NOT NULL,
    model_id TEXT NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (workspace, run_id, direction, model_id, step)
);
CREATE TABLE logged_model (
    workspace TEXT NOT NULL,
    model_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    artifact_location TEXT NOT NULL,
    status TEXT NOT NULL,
    status_message TEXT,
    model_type TEXT,
    source_run_id TEXT,
    lifecycle_stage TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, model_id),
    FOREIGN KEY (workspace, experiment_id) REFERENCES experiment (workspace, experiment_id)
);
CREATE INDEX logged_model_experiment ON logged_model (workspace, experiment_id, created_at);
CREATE TABLE logged_model_metric (
    workspace TEXT NOT NULL,
    model_id TEXT NOT NULL,
    key TEXT NOT NULL,
    timestamp BIGINT NOT NULL,
    step BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BOOLEAN NOT NULL,
    dataset_name TEXT,
    dataset_digest TEXT,
    PRIMARY KEY (workspace, model_id, key, timestamp, step, run_id)
);
CREATE TABLE registered_model (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    description TEXT,
    archived BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE TABLE model_alias (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (workspace, name, alias)
);
CREATE TABLE model_version (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    description TEXT,
    created_by TEXT,
    stage TEXT NOT NULL,
    source TEXT NOT NULL,
    storage_location TEXT NOT NULL,
    run_id TEXT,
    run_link TEXT,
    model_id TEXT,
    job TEXT,
    status TEXT NOT NULL,
    status_message TEXT,
    kind TEXT NOT NULL,
    digest TEXT,
    properties TEXT NOT NULL,
    flavors TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name, version)
);
CREATE INDEX model_version_run ON model_version (workspace, run_id);
CREATE TABLE trace (
    workspace TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    request_time BIGINT NOT NULL,
    info TEXT NOT NULL,
    PRIMARY KEY (workspace, trace_id),
    FOREIGN KEY (workspace, experiment_id) REFERENCES experiment (workspace, experiment_id)
);
CREATE INDEX trace_experiment ON trace (workspace, experiment_id, request_time);
