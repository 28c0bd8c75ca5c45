//! Use cases, one file a noun: the only place that decides.
