//! Surfaces: REST v1, MLflow, and what every request passes.
