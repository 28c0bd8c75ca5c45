//! Words of MLflow that its stores keep as numbers.

/// The status of a logged model.
pub(crate) const fn model_status(number: i64) -> &'static str {
    match number {
        1 => "PENDING",
        2 => "READY",
        3 => "FAILED",
        _ => "UNSPECIFIED",
    }
}
