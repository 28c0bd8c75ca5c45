//! What a text of SQL asks for: one statement that reads, and the tables that it names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::TableReference;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{ObjectName, Statement as Sql, TableFactor, Visit, Visitor};

use super::failure::Failure;

/// The longest text of a query, in bytes.
const LONGEST: usize = 256 << 10;
/// Functions that make rows by themselves. There are no others: none reads a file.
const ROW_FUNCTIONS: [&str; 3] = ["generate_series", "range", "unnest"];

/// The statement of a text that reads and changes nothing.
pub(super) fn read(sql: &str) -> Result<Statement, Failure> {
    if sql.len() > LONGEST {
        return Err(Failure::invalid(format!(
            "it is longer than {} kB",
            LONGEST >> 10
        )));
    }
    let mut statements = DFParser::parse_sql(sql)?;
    let statement = match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) => statement,
        (None, _) => return Err(Failure::invalid("it is empty").with_hint("write a SELECT")),
        (Some(_), more) => {
            return Err(Failure::refused(format!(
                "one statement is run at a time, and these are {}",
                more + 1
            ))
            .with_hint("send them one by one"));
        }
    };
    check(&statement)?;
    Ok(statement)
}

fn check(statement: &Statement) -> Result<(), Failure> {
    let of_sql = |sql: &Sql| match sql {
        Sql::Query(_) | Sql::ExplainTable { .. } | Sql::ShowColumns { .. } => Ok(()),
        Sql::Explain { statement, .. } if matches!(**statement, Sql::Query(_)) => Ok(()),
        other => Err(refused(&other.to_string())),
    };
    match statement {
        Statement::Statement(sql) => of_sql(sql)?,
        Statement::Explain(explained) => return check(&explained.statement),
        other => return Err(refused(&other.to_string())),
    }
    match functions(statement)
        .iter()
        .find(|name| !ROW_FUNCTIONS.contains(&name.to_lowercase().as_str()))
    {
        Some(name) => Err(
            Failure::refused(format!("`{name}(…)` is no table: functions read no files here")).with_hint(
                "name a version of data, as in \"flights:7\", or mount a file with --file NAME=PATH",
            ),
        ),
        None => Ok(()),
    }
}

fn refused(text: &str) -> Failure {
    let word = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    Failure::refused(format!(
        "{word} is not run here: SELECT, WITH, VALUES, EXPLAIN, DESCRIBE and SHOW COLUMNS are"
    ))
    .with_hint("queries read; make a new version with `tidemill data create`, or with a job")
}

/// The tables that a query names, each once: names without a schema, in which case matters.
///
/// # Errors
/// The text is not one statement that reads.
pub fn tables_of(sql: &str) -> Result<Vec<String>, Failure> {
    let statement = read(sql)?;
    let functions = functions(&statement);
    let (relations, _) = resolve_table_references(&statement, false)?;
    let shows = matches!(&statement, Statement::Statement(sql) if matches!(**sql, Sql::ShowColumns { .. }));
    let mut names = Vec::new();
    for relation in relations {
        match relation {
            TableReference::Bare { table } if functions.contains(&*table) => {}
            TableReference::Bare { table } => names.push(table.to_string()),
            // SHOW COLUMNS is answered from it.
            TableReference::Partial { schema, .. } if shows && &*schema == "information_schema" => {}
            other => {
                let quoted = other.to_string();
                return Err(
                    Failure::invalid(format!("there is no schema in `{quoted}`")).with_hint(format!(
                        "write a name with dots in double quotes, as in \"{}\"",
                        quoted.replace('"', "")
                    )),
                );
            }
        }
    }
    Ok(names)
}

/// Names that are called as functions where tables stand.
fn functions(statement: &Statement) -> BTreeSet<String> {
    struct Called(BTreeSet<String>);
    impl Visitor for Called {
        type Break = ();
        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            match factor {
                TableFactor::Table {
                    name, args: Some(_), ..
                }
                | TableFactor::Function { name, .. } => {
                    self.0.insert(plain(name));
                }
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut called = Called(BTreeSet::new());
    if let Statement::Statement(sql) = statement {
        // The visitor never breaks off.
        let _ = sql.visit(&mut called);
    } else if let Statement::Explain(explained) = statement {
        return functions(&explained.statement);
    }
    called.0
}

fn plain(name: &ObjectName) -> String {
    name.0
        .iter()
        .map(|part| {
            part.as_ident()
                .map_or_else(|| part.to_string(), |ident| ident.value.clone())
        })
        .collect::<Vec<_>>()
        .join(".")
}
