-- Copies of the server whose last version has gone for good, until their bytes are off the disk: trees, and the packs and blobs that
-- only they named. Times are UTC milliseconds.
CREATE TABLE data_free (
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (kind, digest)
);
