//! Labels of assets: names for versions that people move.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;
use crate::asset::{Key, Kind};

/// One label.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "asset_label")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The word of a [`Kind`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The asset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The label.
    #[sea_orm(primary_key, auto_increment = false)]
    pub label: String,
    /// The version that it names.
    pub version: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The labels of one asset, in their order.
pub async fn of(db: &impl ConnectionTrait, key: Key<'_>) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(key.workspace))
        .filter(Column::Kind.eq(key.kind.as_str()))
        .filter(Column::Name.eq(key.name))
        .order_by_asc(Column::Label)
        .all(db)
        .await?)
}

/// The labels of several assets by name, in their order.
pub async fn of_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    kind: Kind,
    names: &[String],
) -> Result<HashMap<String, Vec<Model>>> {
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for names in names.chunks(500) {
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(Column::Name.is_in(names))
            .order_by_asc(Column::Label)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.name.clone()).or_default().push(row);
        }
    }
    Ok(found)
}

/// The version that a label names.
pub async fn get(db: &impl ConnectionTrait, key: Key<'_>, label: &str) -> Result<Option<String>> {
    let id = (
        key.workspace.to_owned(),
        key.kind.as_str().to_owned(),
        key.name.to_owned(),
        label.to_owned(),
    );
    Ok(Entity::find_by_id(id).one(db).await?.map(|row| row.version))
}

/// Lets a label name a version, whatever it named before.
pub async fn put(db: &impl ConnectionTrait, key: Key<'_>, label: &str, version: &str) -> Result<()> {
    Entity::insert(ActiveModel {
        workspace: Set(key.workspace.to_owned()),
        kind: Set(key.kind.as_str().to_owned()),
        name: Set(key.name.to_owned()),
        label: Set(label.to_owned()),
        version: Set(version.to_owned()),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Kind, Column::Name, Column::Label])
            .update_column(Column::Version)
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a label; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, key: Key<'_>, label: &str) -> Result<bool> {
    let gone = Entity::delete_many()
        .filter(Column::Workspace.eq(key.workspace))
        .filter(Column::Kind.eq(key.kind.as_str()))
        .filter(Column::Name.eq(key.name))
        .filter(Column::Label.eq(label))
        .exec(db)
        .await?;
    Ok(gone.rows_affected > 0)
}
