-- Traces with their spans and assessments, evaluation datasets, webhooks, and what registered models were. Times are UTC
-- milliseconds unless a column says ns; JSON is text. Tags of traces and datasets are in `tag`, metadata of traces in
-- `param`. What `trace` held is moved to `trace_info`.
CREATE TABLE trace_info (
    workspace TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    request_time BIGINT NOT NULL,
    execution_ms BIGINT,
    state TEXT NOT NULL,
    client_request_id TEXT,
    request_preview TEXT,
    response_preview TEXT,
    PRIMARY KEY (workspace, trace_id),
    FOREIGN KEY (workspace, experiment_id) REFERENCES experiment (workspace, experiment_id)
);
CREATE INDEX trace_info_time ON trace_info (workspace, experiment_id, request_time, trace_id);
CREATE TABLE trace_span (
    workspace TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    parent_id TEXT,
    name TEXT NOT NULL,
    type TEXT,
    status TEXT NOT NULL,
    start_ns BIGINT NOT NULL,
    end_ns BIGINT,
    content TEXT NOT NULL,
    PRIMARY KEY (workspace, trace_id, span_id)
);
CREATE TABLE trace_link (
    workspace TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (workspace, kind, target, trace_id)
);
CREATE INDEX trace_link_trace ON trace_link (workspace, trace_id);
CREATE TABLE assessment (
    workspace TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    assessment_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    number DOUBLE PRECISION,
    error TEXT,
    source_type TEXT NOT NULL,
    source_id TEXT,
    span_id TEXT,
    rationale TEXT,
    metadata TEXT NOT NULL,
    overrides TEXT,
    valid BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, trace_id, assessment_id)
);
CREATE INDEX assessment_name ON assessment (workspace, kind, name);
-- How long a version stood under an alias or in a stage: `ended_at` is empty while it does.
CREATE TABLE model_history (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    version BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    began_by TEXT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT,
    PRIMARY KEY (workspace, name, id)
);
CREATE INDEX model_history_label ON model_history (workspace, name, kind, label);
CREATE TABLE webhook (
    workspace TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, webhook_id)
);
-- What is to be told to a webhook, until it was told or given up.
CREATE TABLE webhook_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
CREATE INDEX webhook_delivery_next ON webhook_delivery (next_at);
CREATE TABLE eval_dataset (
    workspace TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    name TEXT NOT NULL,
    schema TEXT,
    profile TEXT,
    digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    PRIMARY KEY (workspace, dataset_id)
);
CREATE TABLE eval_dataset_experiment (
    workspace TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    experiment_id TEXT NOT NULL,
    PRIMARY KEY (workspace, dataset_id, experiment_id)
);
CREATE TABLE eval_record (
    workspace TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    inputs TEXT NOT NULL,
    outputs TEXT,
    expectations TEXT,
    tags TEXT,
    source TEXT,
    source_id TEXT,
    source_type TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    PRIMARY KEY (workspace, dataset_id, record_id),
    UNIQUE (workspace, dataset_id, input_hash)
);
