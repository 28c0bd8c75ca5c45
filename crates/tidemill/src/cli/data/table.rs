//! Tables that a verb reads: how they are named on the command line, and how they are opened.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tidemill_profile::Profiler;
use tidemill_table::ReadOptions;

use crate::error::{Error, Result};

/// How files are read that do not say it themselves.
#[derive(Debug, Clone, Args)]
pub(super) struct Reading {
    /// Format of the files [default: by their names, or their first bytes]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Delimiter of CSV [default: found out]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
    /// The first row of CSV is no header
    #[arg(long)]
    no_header: bool,
    /// Encoding of CSV [default: utf-8]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Parquet,
    Csv,
    Json,
    Arrow,
}

impl Reading {
    pub(super) fn options(&self) -> Result<ReadOptions> {
        let delimiter = self.delimiter.map(|letter| {
            u8::try_from(letter)
                .ok()
                .filter(u8::is_ascii)
                .ok_or_else(|| Error::usage(format!("the delimiter `{letter}` is not an ASCII character")))
        });
        Ok(ReadOptions {
            format: self.format.map(|format| match format {
                Format::Parquet => tidemill_table::Format::Parquet,
                Format::Csv => tidemill_table::Format::Csv,
                Format::Json => tidemill_table::Format::Json,
                Format::Arrow => tidemill_table::Format::Arrow,
            }),
            delimiter: delimiter.transpose()?,
            header: self.no_header.then_some(false),
            encoding: self.encoding.clone(),
            ..ReadOptions::default()
        })
    }

    /// Profiles a table of this machine.
    pub(super) fn profile(&self, path: &Path) -> Result<Profiler> {
        let tables = tidemill_table::open(path, &self.options()?)?;
        Ok(tidemill_table::profile(&tables)?)
    }
}

/// Writes a report.
pub(super) fn write_report(path: &PathBuf, html: &str) -> Result<()> {
    std::fs::write(path, html).map_err(|error| Error::file("write", path, error))
}
