//! What traces are linked to: runs, and versions of prompts.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{OnConflict, Query};

use crate::Result;

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A run, by its id.
    Run,
    /// A version of a prompt, as `name/version`.
    Prompt,
}

impl Link {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Link::Run => "run",
            Link::Prompt => "prompt",
        }
    }
}

/// Links traces; a link that is there stays.
pub async fn add(
    db: &impl ConnectionTrait,
    workspace: &str,
    kind: Link,
    links: &[(String, String)],
) -> Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table("trace_link")
        .columns(["workspace", "kind", "trace_id", "target"])
        .on_conflict(OnConflict::new().do_nothing().to_owned());
    for (trace_id, target) in links {
        insert.values_panic([
            workspace.into(),
            kind.as_str().into(),
            trace_id.as_str().into(),
            target.as_str().into(),
        ]);
    }
    db.execute(&insert).await?;
    Ok(())
}
