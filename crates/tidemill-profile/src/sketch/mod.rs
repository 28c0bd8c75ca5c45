//! Sketches: small, mergeable, with a bound that is stated.

mod hll;
mod quantile;

pub use hll::Hll;
pub use quantile::Quantiles;
