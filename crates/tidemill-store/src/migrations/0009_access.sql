-- Who may do what: users, teams and service principals, roles of one's own, who has which role where, and what they sign in
-- with. Groups have a specification. Times are UTC milliseconds; JSON is text. The local owner is
-- a user like others, whom the owner's token in the data folder signs in.
CREATE TABLE principal (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    password TEXT,
    mapped_teams TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE TABLE role_definition (
    name TEXT NOT NULL PRIMARY KEY,
    spec TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE role_assignment (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, name, role, scope)
);
CREATE TABLE credential (
    hash TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    scope TEXT,
    actions TEXT,
    detail TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX credential_owner ON credential (kind, name);
INSERT INTO principal (kind, name, spec, password, mapped_teams, disabled, revision, created_at, updated_at)
VALUES ('user', 'owner', '{"name":"owner","display_name":"The owner of this server"}', NULL, '[]', FALSE, 1, 0, 0);
INSERT INTO role_assignment (id, kind, name, role, scope, created_by, created_at)
VALUES ('owner', 'user', 'owner', 'Owner', '/', 'system', 0);
ALTER TABLE resource_group ADD COLUMN spec TEXT NOT NULL DEFAULT '{}';
ALTER TABLE resource_group ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE resource_group ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
