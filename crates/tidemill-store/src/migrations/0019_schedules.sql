-- Schedules, and what came of each time that one fell due. Times are UTC milliseconds; JSON is text.
CREATE TABLE schedule (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    job TEXT,
    owner TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    next_at BIGINT,
    made_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE INDEX schedule_due ON schedule (enabled, next_at);
CREATE TABLE schedule_run (
    workspace TEXT NOT NULL,
    schedule TEXT NOT NULL,
    id TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    why TEXT NOT NULL,
    missed BIGINT NOT NULL,
    who TEXT NOT NULL,
    job TEXT NOT NULL,
    inputs TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (workspace, schedule, id),
    FOREIGN KEY (workspace, schedule) REFERENCES schedule (workspace, name)
);
CREATE INDEX schedule_run_at ON schedule_run (workspace, schedule, at);
CREATE INDEX schedule_run_state ON schedule_run (state);
