//! Reports as one page each: no script, no font and no picture from elsewhere, light or dark as the reader has it.

mod drift;
mod page;
mod picture;
mod profile;
mod validation;

pub use drift::drift;
pub use page::number;
pub use profile::profile;
pub use validation::validation;
