//! Reports as one page each: no script, no font and no picture from elsewhere, light or dark as the reader has it.

mod drift;
mod page;
mod picture;
mod profile;
mod together;
mod validation;

pub use drift::{body as drift_body, drift};
pub use page::{escaped, number, page, percent};
pub use profile::{body as profile_body, profile};
pub use together::{of_target, together};
pub use validation::validation;
