-- Contracts: what consumers of data live by. JSON is text; times are UTC milliseconds.
CREATE TABLE data_contract (
    workspace TEXT NOT NULL REFERENCES workspace (name),
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    consumer TEXT NOT NULL,
    spec TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, name)
);
CREATE INDEX data_contract_of ON data_contract (workspace, data, name);
