-- Validations of model versions: what was asked, what was found, the page. Times are UTC milliseconds; JSON is text.
CREATE TABLE model_validation (
    id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    job TEXT NOT NULL,
    data TEXT NOT NULL,
    champion TEXT,
    training TEXT,
    spec TEXT NOT NULL,
    result TEXT,
    report TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX model_validation_of ON model_validation (workspace, name, id);
CREATE INDEX model_validation_digest ON model_validation (digest, id);
CREATE INDEX model_validation_state ON model_validation (state);
