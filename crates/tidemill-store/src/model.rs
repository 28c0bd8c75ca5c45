//! Models as Azure's clients list them: registered models by name and their versions, without prompts.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use crate::Result;
use crate::asset::Archived;
use crate::logged_model;
use crate::model_version::{self, DELETED_STAGE};
use crate::page::{Page, PageRequest};
use crate::registered_model;

/// Registered models by name.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<registered_model::Model>> {
    use registered_model::{Column, Entity};
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(archived) = archived.filter() {
        query = query.filter(Column::Archived.eq(archived));
    }
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    let no_prompt = registered_model::prompt_condition(
        db.get_database_backend(),
        workspace,
        Expr::col(("registered_model", "name")),
        &[],
    );
    QueryTrait::query(&mut query).and_where(no_prompt);
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// Versions of a model, newest first; `after` is the number of the last one seen.
pub async fn versions(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<model_version::Model>> {
    use model_version::{Column, Entity};
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Stage.ne(DELETED_STAGE))
        .order_by_desc(Column::Version)
        .limit(page.limit + 1);
    if let Some(archived) = archived.filter() {
        query = query.filter(Column::Archived.eq(archived));
    }
    if let Some(after) = page.after.as_ref().and_then(|after| after.parse::<i64>().ok()) {
        query = query.filter(Column::Version.lt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.version.to_string()
    }))
}

/// The newest version that is not archived.
pub async fn latest(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
) -> Result<Option<model_version::Model>> {
    let page = PageRequest {
        limit: 1,
        after: None,
    };
    Ok(versions(db, workspace, name, Archived::Exclude, &page)
        .await?
        .items
        .into_iter()
        .next())
}

/// The newest versions of several models, archived ones where there is no other.
pub async fn latest_of_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    names: &[String],
) -> Result<HashMap<String, model_version::Model>> {
    use model_version::{Column, Entity};
    let mut found: HashMap<String, model_version::Model> = HashMap::new();
    for names in names.chunks(500) {
        let numbers = Entity::find()
            .select_only()
            .column(Column::Name)
            .column_as(Column::Version.max(), "newest")
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Name.is_in(names))
            .filter(Column::Stage.ne(DELETED_STAGE))
            .group_by(Column::Name)
            .group_by(Column::Archived)
            .into_tuple::<(String, i64)>()
            .all(db)
            .await?;
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Name.is_in(names))
            .filter(Column::Version.is_in(numbers.iter().map(|(_, number)| *number)))
            .all(db)
            .await?;
        for row in rows
            .into_iter()
            .filter(|row| numbers.contains(&(row.name.clone(), row.version)))
        {
            let better =
                |old: &model_version::Model| (!row.archived, row.version) > (!old.archived, old.version);
            if found.get(&row.name).is_none_or(better) {
                found.insert(row.name.clone(), row);
            }
        }
    }
    Ok(found)
}

/// The models that a run logged, the last one first.
pub async fn all_logged_by(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
) -> Result<Vec<logged_model::Model>> {
    use logged_model::{Column, Entity};
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::SourceRunId.eq(run_id))
        .filter(Column::LifecycleStage.eq("active"))
        .order_by_desc(Column::CreatedAt)
        .all(db)
        .await?)
}

/// The logged model that a run wrote under a name; the last one, when there are several.
pub async fn logged_by(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    name: &str,
) -> Result<Option<logged_model::Model>> {
    use logged_model::{Column, Entity};
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::SourceRunId.eq(run_id))
        .filter(Column::Name.eq(name))
        .filter(Column::LifecycleStage.eq("active"))
        .order_by_desc(Column::CreatedAt)
        .one(db)
        .await?)
}
