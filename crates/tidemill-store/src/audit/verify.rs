//! Reading the whole log and checking its chain.

use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use tidemill_policy::chain::{Checked, Checker};

use super::{Column, Entity, head};
use crate::Result;

/// Rows that are read at once.
const ROWS: u64 = 2000;

/// Checks every row there is. `pinned` is a hash that was noted earlier.
pub async fn verify(db: &impl ConnectionTrait, pinned: Option<String>) -> Result<Checked> {
    let mut checker = Checker::new(pinned);
    let mut after = i64::MIN;
    loop {
        // Read before the rows: rows that are added meanwhile are behind it, and are read in the next turn.
        let head = head(db).await?;
        let rows = Entity::find()
            .filter(Column::Seq.gt(after))
            .order_by_asc(Column::Seq)
            .limit(ROWS)
            .all(db)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(checker.end(head.as_ref().map(|(seq, hash)| (*seq, hash.as_str()))));
        };
        after = last.seq;
        for row in &rows {
            let at = row.at.to_string();
            checker.row(&row.link(&row.fields(&at)), &row.hash);
        }
    }
}
