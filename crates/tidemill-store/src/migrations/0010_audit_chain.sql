-- The audit log as a chain: a place, where a request came from, the hash of the row before and of the row itself; and
-- beside it the head, which says where the log ends. Rows of before are moved by the program, which hashes them.
ALTER TABLE audit RENAME TO audit_before;
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    scope TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    surface TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE audit_head (
    log TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (log, seq, hash)
VALUES ('audit', 0, '0000000000000000000000000000000000000000000000000000000000000000');
