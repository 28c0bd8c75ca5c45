-- Runs in the order in which they are listed: of one experiment, and of the whole workspace. The columns at the end keep
-- rows that do not fit from being read.
CREATE INDEX run_youngest ON run (workspace, experiment_id, start_time DESC, run_id, lifecycle_stage);
CREATE INDEX run_youngest_of_all ON run (workspace, start_time DESC, run_id, experiment_id, lifecycle_stage);
DROP INDEX run_experiment;
