//! Compute drivers: start a runner, say how it is, stop it.
