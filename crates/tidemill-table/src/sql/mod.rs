//! SQL over tables: DataFusion, which lives here and in the filters of MLTables. Queries are read, never run, where they would change anything; what
//! a query may use is bounded by [`Limits`].

mod diff;
mod failure;
mod limits;
mod provider;
mod queue;
mod result;
mod run;
mod sample;
mod session;
mod statement;
mod transform;
mod validate;
mod worker;

pub use diff::{AFTER, BEFORE, ColumnChange, Diff, Difference};
pub use failure::{Failure, Reason};
pub use limits::Limits;
pub use result::{Answered, ColumnType, Format};
pub use run::{Mount, Query, Sample, Task, late, run};
pub use statement::tables_of;
pub use transform::{Fitted, ScaleBy, Scaled, Split, Step, Transform, Transformed, transform};
pub use validate::{BASELINE, DATA, Validate, Validated};
pub use worker::{Assignment, Outcome, work};

pub(crate) use sample::mixed;
