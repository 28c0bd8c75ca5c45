//! What a command prints: a table, JSON, YAML or bare values, after a query where one was given.

mod present;
mod query;
mod render;
mod table;

pub use present::{flat, number, text};
pub use table::{Column, bytes, count, seconds};

use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use serde_json::Value;

use crate::error::{Error, Result};

/// A format of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// JSON
    Json,
    /// JSON, coloured
    Jsonc,
    /// YAML
    Yaml,
    /// YAML, coloured
    Yamlc,
    /// Values with tabs between them, for scripts
    Tsv,
    /// Nothing
    None,
}

/// How a command prints its result.
#[derive(Debug, Clone)]
pub struct Output {
    format: Option<Format>,
    query: Option<query::Query>,
    azure: bool,
}

impl Output {
    /// `azure`: JSON where no format is given, as `az` has it.
    ///
    /// # Errors
    /// A query that cannot be read.
    pub fn new(format: Option<Format>, query: Option<&str>, azure: bool) -> Result<Self> {
        Ok(Self {
            format,
            query: query.map(query::Query::parse).transpose()?,
            azure,
        })
    }

    /// True where the output was asked for, by a format or a query, and so is for a program.
    pub fn is_asked(&self) -> bool {
        self.query.is_some() || self.format.is_some_and(|format| format != Format::None)
    }

    /// True where people read it, who did not ask for a format.
    pub fn is_for_people(&self) -> bool {
        self.format.is_none() && self.query.is_none() && self.format(Format::Yaml) == Format::Yaml
    }

    /// True where a command that has a text of its own prints it: for people, and where a table is asked for.
    pub fn is_text(&self) -> bool {
        self.is_table() || self.is_for_people()
    }

    /// The format, where one was given; else `for_people` in a terminal, and JSON for programs.
    fn format(&self, for_people: Format) -> Format {
        match self.format {
            Some(format) => format,
            None if self.azure || !std::io::stdout().is_terminal() => Format::Json,
            None => for_people,
        }
    }

    /// Prints one thing.
    ///
    /// # Errors
    /// When the query cannot be answered, or the output is closed.
    pub fn show(&self, value: Value) -> Result<()> {
        let format = self.format(Format::Yaml);
        match &self.query {
            // What is not said is no news for people; programs may look for the field.
            None if self.is_for_people() => self.print(&render::value(format, &present::said(value))?),
            None => self.print(&render::value(format, &value)?),
            Some(query) => self.print(&render::value(format, &query.answer(&value)?)?),
        }
    }

    /// Whether a list is shown as a table.
    pub fn is_table(&self) -> bool {
        self.query.is_none() && self.format(Format::Table) == Format::Table
    }

    /// Prints a list; `columns` are those of its table.
    ///
    /// # Errors
    /// When the query cannot be answered, or the output is closed.
    pub fn list(&self, rows: Vec<Value>, columns: &[Column]) -> Result<()> {
        let format = self.format(Format::Table);
        if let Some(query) = &self.query {
            return self.print(&render::value(format, &query.answer(&Value::Array(rows))?)?);
        }
        match format {
            // Without columns, the fields of the rows are the columns.
            Format::Table if columns.is_empty() => self.print(&table::any(&Value::Array(rows))),
            Format::Table => self.print(&table::of(&rows, columns)),
            format => self.print(&render::value(format, &Value::Array(rows))?),
        }
    }

    fn print(&self, text: &str) -> Result<()> {
        write_out(text)
    }
}

/// Writes to standard output. One who has seen enough and closes it, as `head` does, is no error.
///
/// # Errors
/// When the output cannot be written.
pub fn write_out(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("failed to write the output: {error}")))
        }
        _ => Ok(()),
    }
}
