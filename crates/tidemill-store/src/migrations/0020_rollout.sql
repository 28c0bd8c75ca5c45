-- Roll-outs of infrastructure: what people said of a plan, and what its tests found. Times are UTC milliseconds.
CREATE TABLE infra_vote (
    plan TEXT NOT NULL REFERENCES infra_plan (id),
    who TEXT NOT NULL,
    agrees BOOLEAN NOT NULL,
    comment TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (plan, who)
);
CREATE TABLE infra_test (
    plan TEXT NOT NULL REFERENCES infra_plan (id),
    place BIGINT NOT NULL,
    state TEXT NOT NULL,
    says TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (plan, place)
);
