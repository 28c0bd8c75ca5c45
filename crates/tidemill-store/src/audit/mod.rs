//! The audit log: one row for every change of the control plane, in the transaction of the change, chained by hashes.

mod import;
mod verify;

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Condition, DbBackend, QueryOrder, QuerySelect, Statement};
use tidemill_policy::chain::{Link, digest};

use crate::page::{Page, PageRequest};
use crate::{Result, StoreError};

pub(crate) use import::import;
pub use verify::verify;

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Its place in the log: 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// ULID.
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who asked.
    pub principal: String,
    /// What for, such as `datastores/write`.
    pub action: String,
    /// Where, such as `/workspaces/default/datastores/lake`.
    pub scope: String,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// The request that it came with.
    pub request_id: String,
    /// The address that it came from; empty for what the server did by itself.
    pub address: String,
    /// The program that it came from, as it calls itself.
    pub agent: String,
    /// The surface that it came through: `rest`, `mlflow`, `server`, …
    pub surface: String,
    /// JSON: `before` and `after`, or why it was refused.
    pub detail: String,
    /// The hash of the row before.
    pub previous: String,
    /// The hash of this row.
    pub hash: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A row before it has its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// ULID.
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who asked.
    pub principal: String,
    /// What for.
    pub action: String,
    /// Where.
    pub scope: String,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// The request that it came with.
    pub request_id: String,
    /// The address that it came from.
    pub address: String,
    /// The program that it came from.
    pub agent: String,
    /// The surface that it came through.
    pub surface: String,
    /// JSON.
    pub detail: String,
}

/// Which rows are wanted; what is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who asked, exactly.
    pub principal: Option<String>,
    /// What for: exactly, or with `*` for any text.
    pub action: Option<String>,
    /// Where: this place and all in it.
    pub scope: Option<String>,
    /// `allowed` or `refused`.
    pub outcome: Option<String>,
    /// Not before, in UTC milliseconds.
    pub since: Option<i64>,
    /// Before, in UTC milliseconds.
    pub until: Option<i64>,
}

impl Model {
    /// The hash that its content makes.
    pub fn digest(&self) -> String {
        let at = self.at.to_string();
        digest(&self.link(&self.fields(&at)))
    }

    fn fields<'a>(&'a self, at: &'a str) -> [&'a str; 11] {
        [
            &self.id,
            at,
            &self.principal,
            &self.action,
            &self.scope,
            &self.outcome,
            &self.request_id,
            &self.address,
            &self.agent,
            &self.surface,
            &self.detail,
        ]
    }

    fn link<'a>(&'a self, fields: &'a [&'a str]) -> Link<'a> {
        Link {
            seq: self.seq,
            fields,
            previous: &self.previous,
        }
    }
}

/// Adds a row at the end of the log. Between this and the end of the transaction nobody else adds one, so it is the last
/// thing that a transaction does.
pub async fn append(db: &impl ConnectionTrait, entry: Entry) -> Result<()> {
    let Entry {
        id,
        at,
        principal,
        action,
        scope,
        outcome,
        request_id,
        address,
        agent,
        surface,
        detail,
    } = entry;
    let (seq, previous) = next(db).await?;
    let mut row = Model {
        seq,
        id,
        at,
        principal,
        action,
        scope,
        outcome,
        request_id,
        address,
        agent,
        surface,
        detail,
        previous,
        hash: String::new(),
    };
    row.hash = row.digest();
    let set = statement(
        db,
        "UPDATE audit_head SET hash = $1 WHERE log = 'audit'",
        &[&row.hash],
    );
    insert(db, row).await?;
    db.execute_raw(set).await?;
    Ok(())
}

async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        seq,
        id,
        at,
        principal,
        action,
        scope,
        outcome,
        request_id,
        address,
        agent,
        surface,
        detail,
        previous,
        hash,
    } = row;
    Entity::insert(ActiveModel {
        seq: Set(seq),
        id: Set(id),
        at: Set(at),
        principal: Set(principal),
        action: Set(action),
        scope: Set(scope),
        outcome: Set(outcome),
        request_id: Set(request_id),
        address: Set(address),
        agent: Set(agent),
        surface: Set(surface),
        detail: Set(detail),
        previous: Set(previous),
        hash: Set(hash),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Takes the next place, and the hash that its row follows. On PostgreSQL this locks the head until the transaction ends.
async fn next(db: &impl ConnectionTrait) -> Result<(i64, String)> {
    let take = "UPDATE audit_head SET seq = seq + 1 WHERE log = 'audit' RETURNING seq, hash";
    let rows = db.query_all_raw(statement(db, take, &[])).await?;
    let row = rows.first().ok_or_else(|| StoreError::Damaged {
        what: "the head of the audit log".into(),
    })?;
    Ok((row.try_get("", "seq")?, row.try_get("", "hash")?))
}

/// Where the log ends: the place and the hash of its last row.
pub async fn head(db: &impl ConnectionTrait) -> Result<Option<(i64, String)>> {
    let select = statement(db, "SELECT seq, hash FROM audit_head WHERE log = 'audit'", &[]);
    let Some(row) = db.query_one_raw(select).await? else {
        return Ok(None);
    };
    Ok(Some((row.try_get("", "seq")?, row.try_get("", "hash")?)))
}

fn statement(db: &impl ConnectionTrait, sql: &str, values: &[&str]) -> Statement {
    let values = values.iter().map(|value| (*value).into());
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// The newest rows, newest first.
pub async fn latest(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .order_by_desc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?)
}

/// A page of the rows that fit, newest first; `after` is the place of the last row of the page before.
pub async fn list(db: &impl ConnectionTrait, filter: &Filter, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find().filter(condition(filter));
    if let Some(after) = &page.after {
        // A key that is none has nothing before it.
        query = query.filter(Column::Seq.lt(after.parse::<i64>().unwrap_or(0)));
    }
    let rows = query
        .order_by_desc(Column::Seq)
        .limit(page.limit + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| row.seq.to_string()))
}

/// The rows that fit after a place, oldest first.
pub async fn following(
    db: &impl ConnectionTrait,
    filter: &Filter,
    after: i64,
    limit: u64,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(condition(filter))
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?)
}

fn condition(filter: &Filter) -> Condition {
    let Filter {
        principal,
        action,
        scope,
        outcome,
        since,
        until,
    } = filter;
    let like = |column: Column, pattern: String| {
        column.like(sea_orm::sea_query::LikeExpr::new(pattern).escape('\\'))
    };
    let within = |scope: &String| match scope.trim_end_matches('/') {
        "" => Condition::all(),
        scope => Condition::any()
            .add(Column::Scope.eq(scope))
            .add(like(Column::Scope, format!("{}/%", escaped(scope)))),
    };
    Condition::all()
        .add_option(principal.as_ref().map(|who| Column::Principal.eq(who)))
        .add_option(
            action
                .as_ref()
                .map(|what| like(Column::Action, escaped(what).replace('*', "%"))),
        )
        .add_option(scope.as_ref().map(within))
        .add_option(outcome.as_ref().map(|how| Column::Outcome.eq(how)))
        .add_option(since.map(|time| Column::At.gte(time)))
        .add_option(until.map(|time| Column::At.lt(time)))
}

/// A text in a pattern of LIKE, meant as it is.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Makes the database itself refuse to change or remove a row. Whoever owns the database can take that away, and then the
/// chain shows what was done.
pub(crate) async fn make_append_only(db: &impl ConnectionTrait) -> Result<()> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => include_str!("append_only_postgresql.sql"),
        _ => include_str!("append_only_sqlite.sql"),
    };
    db.execute_unprepared(sql).await?;
    Ok(())
}
