//! Numbers that count up, one row a noun and workspace. A number that was taken is never given again.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};

use crate::Result;

/// Takes the next number, 1 first.
pub async fn next(db: &impl ConnectionTrait, workspace: &str, noun: &str) -> Result<i64> {
    let mut insert = Query::insert();
    insert
        .into_table("sequence")
        .columns(["workspace", "noun", "value"])
        .values_panic([workspace.into(), noun.into(), 1_i64.into()])
        .on_conflict(
            OnConflict::columns(["workspace", "noun"])
                .value("value", Expr::col(("sequence", "value")).add(1_i64))
                .to_owned(),
        )
        .returning_col("value");
    let row = db
        .query_one(&insert)
        .await?
        .expect("an upsert always returns its row");
    Ok(row.try_get("", "value")?)
}
