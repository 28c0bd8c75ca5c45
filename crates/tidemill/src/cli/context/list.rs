//! `tidemill context list`.

use clap::Args;

use crate::cli::globals::Globals;
use crate::context::Contexts;
use crate::error::Result;
use crate::output::Column;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("current", "current"),
    Column::text("server", "server"),
    Column::text("workspace", "workspace"),
    Column::text("group", "group"),
];

/// List contexts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill context list")]
pub struct List {}

impl List {
    pub(super) fn run(self, globals: &Globals) -> Result<()> {
        let all = Contexts::read(&Contexts::path()?)?;
        let current = all.current.as_deref();
        let rows = all
            .contexts
            .iter()
            .map(|(name, entry)| super::view(name, entry, Some(name.as_str()) == current));
        globals.output()?.list(rows.collect(), COLUMNS)
    }
}
