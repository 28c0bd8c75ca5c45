-- Data, environments and components with their versions and labels, and computes. Times are UTC milliseconds; JSON is
-- text. `kind` is data, environment or component. Models are in the tables of the registry.
CREATE TABLE asset (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, kind, name)
);
CREATE TABLE asset_version (
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    number BIGINT NOT NULL,
    type TEXT NOT NULL,
    spec TEXT NOT NULL,
    digest TEXT NOT NULL,
    uri TEXT,
    size_bytes BIGINT,
    files BIGINT,
    archived BOOLEAN NOT NULL,
    anonymous BOOLEAN NOT NULL,
    job TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (workspace, kind, name, version),
    UNIQUE (workspace, kind, name, number),
    FOREIGN KEY (workspace, kind, name) REFERENCES asset (workspace, kind, name)
);
CREATE TABLE asset_label (
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (workspace, kind, name, label),
    FOREIGN KEY (workspace, kind, name, version) REFERENCES asset_version (workspace, kind, name, version)
);
CREATE TABLE compute (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
