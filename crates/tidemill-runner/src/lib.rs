//! Runs one job where it landed: environment, inputs, process, logs, outputs.
