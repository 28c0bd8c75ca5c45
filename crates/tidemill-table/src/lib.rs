//! Reading tables: Parquet, CSV, JSON lines, Arrow IPC, Delta, MLTable; and SQL over them.
//!
//! [`open`] finds the files of a table, [`profile`] reads them on all cores, [`sql`] answers queries over them. Errors name the file, the row and the column.

mod arrow_ipc;
mod blocks;
mod csv;
pub mod database;
mod delta;
mod error;
pub mod history;
mod json;
mod mltable;
mod open;
mod parquet;
mod profile;
pub mod sql;
mod table;
mod valid_lines;
mod widen;

pub use error::{Error, Result};
pub use open::{Tables, open};
pub use profile::profile;
pub use table::{Format, Part, Parts, ReadOptions, Sink, Table, Texts};
