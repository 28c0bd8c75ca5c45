-- Requests for computes, and what was said to them. Times are UTC milliseconds; JSON is text.
CREATE TABLE compute_request (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    id TEXT NOT NULL,
    compute TEXT NOT NULL,
    spec TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    comment TEXT,
    PRIMARY KEY (workspace, id)
);
