//! Tags and parameters: texts by key, of experiments, runs, logged models, registered models and their versions.
//! Both have the same shape and live in tables of their own; what may change is decided by who calls.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};

use crate::Result;

/// What a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// Owner: the experiment's id.
    Experiment,
    /// Owner: the run's id.
    Run,
    /// Owner: the logged model's id.
    LoggedModel,
    /// Owner: the registered model's name.
    Model,
    /// Owner: [`version_owner`].
    ModelVersion,
    /// Owner: the trace's id; its parameters are the metadata.
    Trace,
    /// Owner: the evaluation dataset's id.
    EvalDataset,
}

impl Noun {
    /// The word in the column `noun`.
    pub fn as_str(self) -> &'static str {
        match self {
            Noun::Experiment => "experiment",
            Noun::Run => "run",
            Noun::LoggedModel => "logged_model",
            Noun::Model => "model",
            Noun::ModelVersion => "model_version",
            Noun::Trace => "trace",
            Noun::EvalDataset => "eval_dataset",
        }
    }
}

/// The owner of a model version's tags; a model's name has no slash.
pub fn version_owner(name: &str, version: i64) -> String {
    format!("{name}/{version}")
}

/// Which of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Tags.
    Tag,
    /// Parameters.
    Param,
}

impl Table {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Table::Tag => "tag",
            Table::Param => "param",
        }
    }
}

/// Texts by key, in the order of the keys.
pub type Pairs = Vec<(String, String)>;

/// The tags or parameters of one owner.
pub async fn of(
    db: &impl ConnectionTrait,
    table: Table,
    workspace: &str,
    noun: Noun,
    owner: &str,
) -> Result<Pairs> {
    let owners = [owner.to_owned()];
    Ok(of_many(db, table, workspace, noun, &owners)
        .await?
        .remove(owner)
        .unwrap_or_default())
}

/// The tags or parameters of several owners.
pub async fn of_many(
    db: &impl ConnectionTrait,
    table: Table,
    workspace: &str,
    noun: Noun,
    owners: &[String],
) -> Result<HashMap<String, Pairs>> {
    let mut found: HashMap<String, Pairs> = HashMap::new();
    for owners in owners.chunks(500) {
        let mut select = Query::select();
        select
            .columns(["owner", "key", "value"])
            .from(table.name())
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("noun").eq(noun.as_str()))
            .and_where(Expr::col("owner").is_in(owners))
            // In the order of the primary key: by key alone, SQLite would walk through all that any run has.
            .order_by("owner", Order::Asc)
            .order_by("key", Order::Asc);
        for row in db.query_all(&select).await? {
            let pair = (row.try_get("", "key")?, row.try_get("", "value")?);
            found.entry(row.try_get("", "owner")?).or_default().push(pair);
        }
    }
    Ok(found)
}

/// One tag, if it is set.
pub async fn get(
    db: &impl ConnectionTrait,
    workspace: &str,
    noun: Noun,
    owner: &str,
    key: &str,
) -> Result<Option<String>> {
    let mut select = Query::select();
    select
        .column("value")
        .from("tag")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("noun").eq(noun.as_str()))
        .and_where(Expr::col("owner").eq(owner))
        .and_where(Expr::col("key").eq(key));
    Ok(db
        .query_one(&select)
        .await?
        .map(|row| row.try_get("", "value"))
        .transpose()?)
}

/// Writes texts, new or changed; of a key that comes twice the last one counts.
pub async fn put(
    db: &impl ConnectionTrait,
    table: Table,
    workspace: &str,
    noun: Noun,
    owner: &str,
    pairs: &[(String, String)],
) -> Result<()> {
    // In the order of the keys, so that two servers lock rows in the same order.
    let last: std::collections::BTreeMap<&str, &str> = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    if last.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table(table.name())
        .columns(["workspace", "noun", "owner", "key", "value"])
        .on_conflict(
            OnConflict::columns(["workspace", "noun", "owner", "key"])
                .update_column("value")
                .to_owned(),
        );
    for (key, value) in last {
        insert.values_panic([
            workspace.into(),
            noun.as_str().into(),
            owner.into(),
            key.into(),
            value.into(),
        ]);
    }
    db.execute(&insert).await?;
    Ok(())
}

/// Removes a tag; says whether it was there.
pub async fn delete(
    db: &impl ConnectionTrait,
    workspace: &str,
    noun: Noun,
    owner: &str,
    key: &str,
) -> Result<bool> {
    let mut delete = Query::delete();
    delete
        .from_table("tag")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("noun").eq(noun.as_str()))
        .and_where(Expr::col("owner").eq(owner))
        .and_where(Expr::col("key").eq(key));
    Ok(db.execute(&delete).await?.rows_affected() > 0)
}

/// Removes everything of an owner.
pub async fn delete_all(db: &impl ConnectionTrait, workspace: &str, noun: Noun, owner: &str) -> Result<()> {
    let mut delete = Query::delete();
    delete
        .from_table("tag")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("noun").eq(noun.as_str()))
        .and_where(Expr::col("owner").eq(owner));
    db.execute(&delete).await?;
    Ok(())
}

/// Gives the tags of an owner to another one, as when it is renamed.
pub async fn rename_owner(
    db: &impl ConnectionTrait,
    workspace: &str,
    noun: Noun,
    from: &str,
    to: &str,
) -> Result<()> {
    let mut update = Query::update();
    update
        .table("tag")
        .value("owner", to)
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("noun").eq(noun.as_str()))
        .and_where(Expr::col("owner").eq(from));
    db.execute(&update).await?;
    Ok(())
}
