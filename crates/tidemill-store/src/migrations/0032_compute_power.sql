-- Compute instances that were started or stopped: what they are now, since when, who said so and why. One without a row is as it was
-- made: on. Times are UTC milliseconds.
CREATE TABLE compute_power (
    workspace TEXT NOT NULL,
    compute TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (workspace, compute)
);
