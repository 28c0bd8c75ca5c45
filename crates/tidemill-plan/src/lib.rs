//! The graph of a pipeline: its order, what is ready, and cache keys. Pure.
