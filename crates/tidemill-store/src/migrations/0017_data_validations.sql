-- What validations of data found: the verdict of each, the columns that had drifted, and those that alarm. Only ever added to; what
-- each of them expected lies as Parquet in the datastore. Times are UTC milliseconds; JSON is text.
CREATE TABLE data_validation (
    id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspace (name),
    asset TEXT NOT NULL,
    version TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    inside TEXT NOT NULL,
    at BIGINT NOT NULL,
    principal TEXT NOT NULL,
    job TEXT,
    job_try TEXT,
    baseline TEXT NOT NULL,
    passed BOOLEAN NOT NULL,
    errors BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    compared BIGINT NOT NULL,
    drifted TEXT NOT NULL,
    alarms TEXT NOT NULL
);
CREATE INDEX data_validation_of ON data_validation (workspace, asset, id);
CREATE UNIQUE INDEX data_validation_try ON data_validation (workspace, job_try);
