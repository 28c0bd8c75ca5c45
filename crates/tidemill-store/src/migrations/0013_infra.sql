-- Infrastructure: plans, how far each step of one is, and the resources that a stack manages.
CREATE TABLE infra_plan (
    id TEXT NOT NULL PRIMARY KEY,
    stack TEXT NOT NULL,
    state TEXT NOT NULL,
    destroys BOOLEAN NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    sealed TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    applied_by TEXT,
    started_at BIGINT,
    ended_at BIGINT,
    error TEXT
);
CREATE INDEX infra_plan_stack ON infra_plan (stack, created_at);
CREATE TABLE infra_step (
    plan TEXT NOT NULL REFERENCES infra_plan (id),
    place BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    error TEXT,
    PRIMARY KEY (plan, place)
);
CREATE TABLE infra_resource (
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    stack TEXT NOT NULL,
    applied TEXT NOT NULL,
    needs TEXT NOT NULL,
    plan TEXT NOT NULL,
    place BIGINT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (kind, scope, name)
);
CREATE INDEX infra_resource_stack ON infra_resource (stack, place);
