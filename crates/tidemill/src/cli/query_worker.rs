//! `tidemill query-worker`: what a server starts for a query over data; people never do.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the query that standard input says, where the first word of a command line is `query-worker`; `None` for any other.
pub fn run_first(args: &[OsString]) -> Option<ExitCode> {
    if args.get(1)? != "query-worker" || args.len() != 2 {
        return None;
    }
    Some(match tidemill_table::sql::work() {
        Ok(()) => ExitCode::from(crate::error::OK),
        Err(_) => ExitCode::from(crate::error::FAILED),
    })
}
