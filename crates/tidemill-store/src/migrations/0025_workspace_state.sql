-- What became of a workspace: archived ones are read alone, deleted ones are kept for a time. Without a row it is as it was made.
-- Times are UTC milliseconds.
CREATE TABLE workspace_state (
    workspace TEXT NOT NULL PRIMARY KEY REFERENCES workspace (name),
    archived_at BIGINT,
    deleted_at BIGINT,
    deleted_by TEXT
);
