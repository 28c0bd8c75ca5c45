-- Scorers of experiments: what judges an answer, as MLflow's clients write it down. Times are UTC milliseconds.
CREATE TABLE scorer (
    workspace TEXT NOT NULL,
    experiment_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    scorer_id TEXT NOT NULL,
    serialized TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (workspace, experiment_id, name, version)
);
