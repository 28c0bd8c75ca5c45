-- The vault: a data key for each group, wrapped by the master key, and the versions of secrets that it seals.
CREATE TABLE vault_key (
    group_name TEXT NOT NULL PRIMARY KEY,
    wrapped TEXT NOT NULL,
    master TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    wrapped_at BIGINT NOT NULL
);
CREATE TABLE secret (
    group_name TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    latest BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (group_name, name)
);
CREATE TABLE secret_version (
    group_name TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (group_name, name, version)
);
