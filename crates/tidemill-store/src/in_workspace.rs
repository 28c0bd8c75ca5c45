//! What tables of things that a workspace has by name have in common: a page by name, writing one that is new or changed, and their end
//! with the workspace.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// A table with a row for each thing that a workspace has under a name.
pub(crate) trait InWorkspace: EntityTrait {
    /// The column of the workspace.
    const WORKSPACE: Self::Column;
    /// The column of the name.
    const NAME: Self::Column;
}

/// Those of a workspace by name.
pub(crate) async fn page<E: InWorkspace>(
    db: &impl ConnectionTrait,
    workspace: &str,
    page: &PageRequest,
    name: impl Fn(&E::Model) -> String,
) -> Result<Page<E::Model>> {
    let mut query = E::find()
        .filter(E::WORKSPACE.eq(workspace))
        .order_by_asc(E::NAME)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(E::NAME.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, name))
}

/// Writes a row: a new one as it is, and of one that is there the columns that may change.
pub(crate) async fn put<E, A>(
    db: &impl ConnectionTrait,
    row: E::Model,
    changes: impl IntoIterator<Item = E::Column>,
) -> Result<()>
where
    E: InWorkspace,
    E::Model: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E>,
{
    E::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::columns([E::WORKSPACE, E::NAME])
                .update_columns(changes)
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Removes those of a workspace that is being deleted.
pub(crate) async fn delete_all<E: InWorkspace>(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    E::delete_many()
        .filter(E::WORKSPACE.eq(workspace))
        .exec(db)
        .await?;
    Ok(())
}
