//! What is kept while a table is read: per column and of the rows, mergeable, bounded in memory.

mod clock;
mod column;
mod counts;
mod dense;
mod duplicates;
mod moments;
mod order;
mod read;
mod rows;
mod sample;
mod text;
mod values;

pub use clock::Clock;
pub use column::Column;
pub use duplicates::Duplicates;
pub use moments::Moments;
pub use order::{Monotonic, Position};
pub use read::read;
pub use rows::{MISSING, Rows};
pub use sample::Sample;
pub use text::Texts;
pub use values::{Scratch, Values};
