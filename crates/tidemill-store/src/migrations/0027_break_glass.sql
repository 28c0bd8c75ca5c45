-- Break-glass: for a time, somebody may change the last stage without a release, because somebody else agreed. What happened is only
-- ever added to. Times are UTC milliseconds; JSON is text.
CREATE TABLE break_glass (
    id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspace (name),
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    minutes BIGINT NOT NULL,
    approved_by TEXT,
    approved_at BIGINT,
    expires_at BIGINT NOT NULL,
    closed_by TEXT,
    uses BIGINT NOT NULL
);
CREATE INDEX break_glass_of ON break_glass (workspace, id);
CREATE TABLE break_glass_event (
    id TEXT NOT NULL PRIMARY KEY,
    glass TEXT NOT NULL REFERENCES break_glass (id),
    workspace TEXT NOT NULL,
    stage TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX break_glass_event_of ON break_glass_event (workspace, id);
