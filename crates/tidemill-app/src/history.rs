//! What is kept of data over time, per asset, in the workspace's own datastore: the statistics of each version that was profiled,
//! and what each validation found. Parquet files, so that any tool reads them where they lie.

use tidemill_api::runner::Source;
use tidemill_objects::SafePath;
use tidemill_profile::Profile;
use tidemill_table::history::{self, Of};
use tidemill_table::sql::{Query, Task, Validated};

use crate::asset::{Kind as AssetKind, Row};
use crate::query::{self, AnswerFile, How};
use crate::table::Laid;
use crate::{Error, Kind, OpContext, Result, action, asset, bytes, content, datastore};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Statistics by version, column and name.
    Statistics,
    /// Expectations and what was found, by validation.
    Validations,
    /// Columns against those of the baseline, by validation.
    Drift,
}

impl What {
    fn folder(self) -> &'static str {
        match self {
            Self::Statistics => "statistics",
            Self::Validations => "validations",
            Self::Drift => "drift",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Statistics => {
                "select * from t order by created_at, version, \"table\", \"column\", statistic"
            }
            Self::Validations => {
                "select * from t order by validated_at, version, \"table\", met, level, \"column\", expected"
            }
            Self::Drift => {
                "select * from t order by validated_at, version, \"table\", verdict, q_value, \"column\""
            }
        }
    }
}

/// Where the files of an asset lie in the datastore.
fn folder(asset: &str, what: What) -> String {
    format!("history/data/{asset}/{}", what.folder())
}

/// The history of an asset.
///
/// # Errors
/// NotFound where nothing was profiled or validated yet.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str, what: What, how: How) -> Result<AnswerFile> {
    ctx.authorize(action::DATA_READ, &asset::scope(AssetKind::Data, workspace, name))
        .await?;
    asset::get(ctx, AssetKind::Data, workspace, name).await?;
    crate::datastore_access::check_asset(ctx, workspace, name).await?;
    let source = Source::Datastore {
        datastore: datastore::BLOB.to_owned(),
        path: folder(name, what),
    };
    let there = content::on_disk(ctx, workspace, &source)
        .await
        .map_err(|error| match error.kind {
            Kind::NotFound => Error::not_found("history of data", name).hint(match what {
                What::Statistics => "it begins with the first profile: `tidemill data profile --data`",
                What::Validations => "it begins with the first validation: `tidemill data validate --data`",
                What::Drift => {
                    "it begins with the first validation against a baseline: `tidemill data baseline set`"
                }
            }),
            _ => error,
        })?;
    let task = Task::Query(Query {
        sql: what.sql().to_owned(),
        sample: None,
    });
    let tables = vec![("t".to_owned(), name.to_owned(), Laid::of(there))];
    query::answer(ctx, task, tables, false, how).await
}

/// Adds the statistics of a version. The same version again replaces its own.
pub(crate) async fn add_statistics(ctx: &OpContext, row: &Row, table: &str, profile: &Profile) -> Result<()> {
    let of = Of {
        asset: &row.name,
        version: &row.version,
        table,
        at_ms: row.created_at,
    };
    let file = history::statistics(&of, profile).map_err(Error::internal)?;
    put(ctx, &row.workspace, &statistics_of(row, table), file).await
}

/// Whether the statistics of a version are there.
pub(crate) async fn has_statistics(ctx: &OpContext, row: &Row, table: &str) -> bool {
    let found = async {
        let store = bytes::open(ctx, &row.workspace, datastore::BLOB).await?;
        Ok::<_, Error>(store.exists(&SafePath::parse(statistics_of(row, table))?).await?)
    };
    found.await.unwrap_or(false)
}

/// The file of the statistics of a version.
fn statistics_of(row: &Row, table: &str) -> String {
    let folder = folder(&row.name, What::Statistics);
    match table {
        "" => format!("{folder}/{}.parquet", row.version),
        table => {
            let digest = blake3::hash(table.as_bytes()).to_hex();
            format!("{folder}/{}-{}.parquet", row.version, &digest[..16])
        }
    }
}

/// Where the page of a validation lies.
pub(crate) fn report_of(asset: &str, id: &str) -> String {
    format!("history/data/{asset}/reports/{id}.html")
}

/// Who validated what against what.
pub(crate) struct Told<'a> {
    /// The id of the validation.
    pub(crate) id: &'a str,
    /// What it was compared with; empty for nothing.
    pub(crate) baseline: &'a str,
    /// Who asked for it.
    pub(crate) principal: &'a str,
    /// The job whose step it was; empty for none.
    pub(crate) job: &'a str,
    /// UTC milliseconds.
    pub(crate) at_ms: i64,
}

/// Adds what a validation found: what of its expectations was met, how each column differs from the baseline, and its page.
/// `windows` gives the versions in a row in which a column has drifted, and whether that is an alarm.
pub(crate) async fn add_validation(
    ctx: &OpContext,
    row: &Row,
    table: &str,
    told: &Told<'_>,
    validated: &Validated,
    windows: &(dyn Fn(&str) -> (usize, bool) + Sync),
) -> Result<()> {
    let of = Of {
        asset: &row.name,
        version: &row.version,
        table,
        at_ms: told.at_ms,
    };
    let Validated { validation, profile } = validated;
    let place = |what: What| format!("{}/{}.parquet", folder(&row.name, what), told.id);
    if let Some(drift) = validation
        .drift
        .as_ref()
        .filter(|drift| !drift.columns.is_empty())
    {
        let whose = (told.id, told.job, told.baseline);
        let file = history::drift(&of, whose, drift, windows).map_err(Error::internal)?;
        put(ctx, &row.workspace, &place(What::Drift), file).await?;
    }
    let title = match table {
        "" => format!("Validation of {}:{}", row.name, row.version),
        table => format!("Validation of {}:{}, {table}", row.name, row.version),
    };
    let page = tidemill_profile::report::validation(&title, validation, profile);
    put(
        ctx,
        &row.workspace,
        &report_of(&row.name, told.id),
        page.into_bytes(),
    )
    .await?;
    let file = history::validation(&of, told.baseline, told.principal, validation);
    let file = file.map_err(Error::internal)?;
    put(ctx, &row.workspace, &place(What::Validations), file).await
}

async fn put(ctx: &OpContext, workspace: &str, path: &str, file: Vec<u8>) -> Result<()> {
    let store = bytes::open(ctx, workspace, datastore::BLOB).await?;
    store.put(&SafePath::parse(path)?, file.into()).await?;
    Ok(())
}
