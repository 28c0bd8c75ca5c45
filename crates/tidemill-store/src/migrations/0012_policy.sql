-- The policy of a workspace.
CREATE TABLE policy (
    workspace TEXT NOT NULL PRIMARY KEY REFERENCES workspace (name),
    spec TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
