//! `tidemill data drift`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tidemill_profile::drift::{
    ColumnDrift, Drift as Found, DriftOptions, Verdict, compare, concept, multivariate,
};
use tidemill_profile::report::{self, number};

use super::table::{Reading, write_report};
use crate::cli::asset::Which;
use crate::error::{Error, FAILED, Result};
use crate::output::{Column, write_out};
use crate::session::Session;

/// Say how a table differs from a baseline, column by column
///
/// Compares two tables of this machine without a server, or two versions of data on it: the same content gives the same report. A
/// column has drifted when the difference matters and is told from
/// chance; docs/data-profile.md says how. With --multivariate a classifier looks at all columns together, and with --target at the
/// target given the other columns, or at the errors of predictions. Ends with 1 where anything has drifted and --fail is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data drift january.parquet july.parquet
  tidemill data drift january.parquet july.parquet --html drift.html --fail
  tidemill data drift january.parquet july.parquet --multivariate
  tidemill data drift scored-june.csv scored-july.csv --target late --prediction said
  tidemill data drift --data azureml:flights:7 --multivariate
  tidemill data drift --data azureml:flights:7 --baseline azureml:flights:1 --target late")]
pub struct Drift {
    /// Table that is known
    #[arg(value_name = "BASELINE", required_unless_present = "data", conflicts_with_all = ["data", "baseline"])]
    before: Option<PathBuf>,
    /// Table to compare with it
    #[arg(value_name = "CURRENT", required_unless_present = "data", conflicts_with_all = ["data", "baseline"])]
    current: Option<PathBuf>,
    /// Version of data on the server to compare, such as azureml:flights:7, or azureml:flights:7/weather for one of its tables
    #[arg(long, value_name = "ASSET")]
    data: Option<String>,
    /// Version of data to compare it with [default: the one with the label baseline]
    #[arg(long, value_name = "ASSET", requires = "data")]
    baseline: Option<String>,
    /// Compare dates, instants and rising keys too
    #[arg(long)]
    time: bool,
    /// Fewer values give no verdict
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    min_values: u64,
    /// Look at all columns together, too: can a classifier tell the rows of the two tables apart?
    #[arg(long)]
    multivariate: bool,
    /// Column that a model is to learn: is it the same, given the other columns?
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// Column with the predictions of a model: are its errors the same?
    #[arg(long, value_name = "COLUMN", requires = "target")]
    prediction: Option<String>,
    /// End with 1 where anything has drifted
    #[arg(long)]
    fail: bool,
    /// Write a page with pictures here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl Drift {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let (drift, title) = match (&self.before, &self.current, &self.data) {
            (Some(before), Some(current), _) => {
                let title = format!("{} against {}", current.display(), before.display());
                (self.here(before, current)?, title)
            }
            (.., data) => {
                let data = data.as_deref().unwrap_or_default();
                let baseline = self.baseline.as_deref().unwrap_or("its baseline");
                (
                    self.there(session, data).await?,
                    format!("{data} against {baseline}"),
                )
            }
        };
        if let Some(path) = &self.html {
            write_report(path, &report::drift(&title, &drift))?;
            session.note(&format!("Wrote {}", path.display()));
        }
        if session.output.is_table() {
            print(session, &drift)?;
        } else {
            let value = serde_json::to_value(&drift);
            session
                .output
                .show(value.map_err(|error| Error::failed(format!("failed to write the drift: {error}")))?)?;
        }
        let together = drift.multivariate.as_ref().map(|found| found.verdict);
        let of_target = drift.concept.as_ref().map(|found| found.verdict);
        let anything = drift.drifted > 0 || [together, of_target].contains(&Some(Verdict::Drifted));
        if self.fail && anything {
            Err(Error::Ended(FAILED))
        } else {
            Ok(())
        }
    }
}

impl Drift {
    /// Compares tables of this machine.
    fn here(&self, before: &Path, current: &Path) -> Result<Found> {
        let options = DriftOptions {
            time: self.time,
            min_values: self.min_values,
            ..DriftOptions::default()
        };
        let baseline = self.reading.profile(before)?;
        let current = self.reading.profile(current)?;
        let mut drift = compare(&baseline, &current, &options);
        if self.multivariate {
            drift.multivariate = Some(multivariate(&baseline, &current, &options));
        }
        if let Some(target) = &self.target {
            let found = concept(&baseline, &current, target, self.prediction.as_deref(), &options);
            drift.concept = Some(found.map_err(|error| Error::usage(error.to_string()))?);
        }
        Ok(drift)
    }

    /// Has versions compared by the server.
    async fn there(&self, session: &Session, data: &str) -> Result<Found> {
        let (data, inside) = match data.split_once('/') {
            Some((data, inside)) => (data, Some(inside)),
            None => (data, None),
        };
        let (path, _) = Which::of_reference(data).found(session, super::KIND).await?;
        let baseline = self.baseline.as_deref().map(|baseline| {
            let name = baseline.strip_prefix("azureml:").unwrap_or(baseline);
            format!("azureml:{name}")
        });
        let min_values = self.min_values.to_string();
        let asked = [
            ("baseline", baseline.as_deref()),
            ("path", inside),
            ("time", self.time.then_some("true")),
            ("min_values", Some(min_values.as_str())),
            ("multivariate", self.multivariate.then_some("true")),
            ("target", self.target.as_deref()),
            ("prediction", self.prediction.as_deref()),
        ];
        let asked: Vec<(&str, &str)> = asked
            .iter()
            .filter_map(|(field, value)| Some((*field, (*value)?)))
            .collect();
        let query = crate::client::query(&asked);
        let answer = session.client.get(&format!("{path}/drift{query}")).await?;
        serde_json::from_value(answer)
            .map_err(|error| Error::failed(format!("failed to read what the server found: {error}")))
    }
}

const COLUMNS: [Column; 8] = [
    Column::text("column", "column"),
    Column::text("verdict", "verdict"),
    Column::text("psi", "psi"),
    Column::text("jensen-shannon", "js"),
    Column::text("wasserstein", "wasserstein"),
    Column::text("ks", "ks"),
    Column::text("missing", "missing"),
    Column::text("moved the most", "moved"),
];

fn print(session: &Session, drift: &Found) -> Result<()> {
    let columns = drift.columns.len();
    let rows = drift.rows.map(|rows| number(rows as f64));
    write_out(&format!(
        "{} of {columns} columns have drifted ({} rows, before {})\n\n",
        drift.drifted, rows[1], rows[0]
    ))?;
    session
        .output
        .list(drift.columns.iter().map(row).collect(), &COLUMNS)?;
    let mut more = String::new();
    for column in &drift.columns {
        for shift in &column.segments {
            let value = if shift.value.is_empty() {
                "missing"
            } else {
                &shift.value
            };
            let mean = |mean: Option<f64>| mean.map_or_else(|| "none".to_owned(), number);
            more += &format!(
                "\n{}: the rows with {} {value} ({:.0}%, before {:.0}%) make {:.0}% of the change of its mean: {}, before {}",
                column.column,
                shift.by,
                shift.shares[1] * 100.0,
                shift.shares[0] * 100.0,
                shift.part * 100.0,
                mean(shift.means[1]),
                mean(shift.means[0]),
            );
        }
        if !column.segments.is_empty() {
            more.push('\n');
        }
    }
    for (names, what) in [(&drift.gone, "Gone"), (&drift.new, "New")] {
        if !names.is_empty() {
            more += &format!("\n{what}: {}\n", names.join(", "));
        }
    }
    for (column, before, after) in &drift.retyped {
        more += &format!("\n{column} was {before} and is {after}\n");
    }
    for words in [
        drift.multivariate.as_ref().map(report::together),
        drift.concept.as_ref().map(report::of_target),
    ]
    .into_iter()
    .flatten()
    {
        more += &format!("\n{words}\n");
    }
    write_out(&more)
}

fn row(column: &ColumnDrift) -> Value {
    let verdict = match column.verdict {
        Verdict::Drifted => "drifted",
        Verdict::Same => "",
        Verdict::NotEnoughData => "not enough data",
        Verdict::LeftOut => "left out",
    };
    let figure = |value: Option<f64>| {
        value
            .map(|value| {
                if value > 1e300 {
                    "far".to_owned()
                } else {
                    format!("{value:.2}")
                }
            })
            .unwrap_or_default()
    };
    let distances = column.distances.as_ref();
    let missing = column.missing.map(|share| format!("{:.1}%", share * 100.0));
    let moved = column
        .bins
        .iter()
        .max_by(|a, b| shift(a.shares).total_cmp(&shift(b.shares)));
    let moved = moved.filter(|_| column.verdict == Verdict::Drifted).map(|bin| {
        let percent = bin.shares.map(|share| format!("{:.0}%", share * 100.0));
        format!("{} {} → {}", bin.name, percent[0], percent[1])
    });
    json!({
        "column": column.column,
        "verdict": verdict,
        "psi": figure(distances.map(|distances| distances.psi)),
        "js": figure(distances.map(|distances| distances.jensen_shannon)),
        "wasserstein": figure(distances.and_then(|distances| distances.wasserstein)),
        "ks": figure(distances.and_then(|distances| distances.kolmogorov_smirnov)),
        "missing": if missing[0] == missing[1] { String::new() } else { format!("{} → {}", missing[0], missing[1]) },
        "moved": moved.unwrap_or_default(),
    })
}

fn shift(shares: [f64; 2]) -> f64 {
    (shares[0] - shares[1]).abs()
}
