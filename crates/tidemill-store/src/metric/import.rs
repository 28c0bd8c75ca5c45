//! Points from the layout of schema 2, a row a point, into the tail, from where they move like any others.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Order, Query};

use super::batch::{self, Batch, SeriesName};
use super::sample::Sample;
use crate::Result;

/// Points of one row of the tail.
const ROW: usize = 20_000;

/// Copies all points of the old table, which can be dropped then.
pub(crate) async fn import(db: &impl ConnectionTrait) -> Result<()> {
    let order = [
        "workspace",
        "run_id",
        "key",
        "timestamp",
        "step",
        "value",
        "is_nan",
    ];
    for seq in 0.. {
        let mut select = Query::select();
        select
            .columns(order)
            .from("metric")
            .limit(ROW as u64)
            .offset(seq * ROW as u64);
        for column in order {
            select.order_by(column, Order::Asc);
        }
        let mut batch = Batch::new();
        for row in db.query_all(&select).await? {
            let name = SeriesName {
                workspace: row.try_get("", "workspace")?,
                run_id: row.try_get("", "run_id")?,
                key: row.try_get("", "key")?,
            };
            let value = crate::metric::shown(row.try_get("", "value")?, row.try_get("", "is_nan")?);
            let sample = Sample::new(row.try_get("", "timestamp")?, row.try_get("", "step")?, value);
            match batch.last_mut() {
                Some((last, samples)) if *last == name => samples.push(sample),
                _ => batch.push((name, vec![sample])),
            }
        }
        if batch.is_empty() {
            break;
        }
        let mut insert = Query::insert();
        insert
            .into_table("metric_tail")
            .columns(["seq", "points"])
            .values_panic([
                i64::try_from(seq).unwrap_or(i64::MAX).into(),
                batch::encode(&batch).into(),
            ]);
        db.execute(&insert).await?;
    }
    Ok(())
}
