-- Online endpoints, their deployments, and the instances that answer. Times are UTC milliseconds; JSON is text; the keys of
-- an endpoint are sealed.
CREATE TABLE online_endpoint (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    first_key TEXT NOT NULL,
    second_key TEXT NOT NULL,
    created_by TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE TABLE online_deployment (
    workspace TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    plan TEXT NOT NULL,
    generation BIGINT NOT NULL,
    served BIGINT NOT NULL,
    wanted BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    all_traffic BOOLEAN NOT NULL,
    warnings TEXT NOT NULL,
    created_by TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, endpoint, name),
    FOREIGN KEY (workspace, endpoint) REFERENCES online_endpoint (workspace, name)
);
CREATE TABLE deployment_instance (
    workspace TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    deployment TEXT NOT NULL,
    number BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    plan TEXT NOT NULL,
    state TEXT NOT NULL,
    port BIGINT NOT NULL,
    handle TEXT,
    environment TEXT,
    reason TEXT,
    exit_code BIGINT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ready_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (workspace, endpoint, deployment, number)
);
