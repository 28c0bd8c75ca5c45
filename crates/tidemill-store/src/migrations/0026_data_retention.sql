-- How long versions of data are kept, and those that are on their way out. JSON is text; times are UTC milliseconds.
CREATE TABLE data_retention (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    set_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE TABLE data_removal (
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    removed_by TEXT NOT NULL,
    removed_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name, version)
);
