-- Metric points as compressed columns. A point that was acknowledged is first a part of `metric_tail`, one row a commit;
-- from there it moves into its series. `recent` holds the youngest points of a series, `metric_chunk` the older ones.
-- The columns timestamp, step, value and is_nan of a series are its latest point.
CREATE TABLE metric_tail (
    seq BIGINT NOT NULL PRIMARY KEY,
    points BYTEA NOT NULL
);
CREATE TABLE metric_series (
    workspace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    key TEXT NOT NULL,
    series BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BOOLEAN NOT NULL,
    sealed BIGINT NOT NULL,
    recent BYTEA NOT NULL,
    PRIMARY KEY (workspace, run_id, key)
);
CREATE INDEX metric_series_value ON metric_series (workspace, key, value, run_id) WHERE NOT is_nan;
CREATE UNIQUE INDEX metric_series_series ON metric_series (series);
-- Chunks of a series do not overlap in the order of (timestamp, step, value, NaN); `last_…` is where one ends.
CREATE TABLE metric_chunk (
    series BIGINT NOT NULL,
    last_timestamp BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    last_value DOUBLE PRECISION NOT NULL,
    last_nan BOOLEAN NOT NULL,
    first_timestamp BIGINT NOT NULL,
    first_step BIGINT NOT NULL,
    first_value DOUBLE PRECISION NOT NULL,
    first_nan BOOLEAN NOT NULL,
    points BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (series, last_timestamp, last_step, last_value, last_nan)
);
-- Tags and parameters of runs are found by what they say, too.
CREATE INDEX tag_value ON tag (workspace, noun, key, substr(value, 1, 100), owner);
CREATE INDEX param_value ON param (workspace, noun, key, substr(value, 1, 100), owner);
DROP INDEX tag_key;
