//! Which version of a model stood under which alias, or in which stage, when and by whose hand; and the way back.

use serde_json::json;
use tidemill_api::model::{ModelAlias, ModelHistory};
use tidemill_store::model_history::{self as history, Which};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::registered_model::{self, Alias};
use tidemill_store::{ConnectionTrait, model_version};

use crate::registered_model::{change, find};
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// Who changes something, and when: what a change needs to tell the history.
#[derive(Debug, Clone)]
pub(crate) struct Teller {
    by: String,
    now: i64,
    /// One id for each beginning.
    ids: Vec<String>,
}

impl Teller {
    /// For a change that begins at most this many times.
    pub(crate) fn new(ctx: &OpContext, beginnings: usize) -> Self {
        Self {
            by: ctx.principal().to_string(),
            now: ctx.now_ms(),
            ids: (0..beginnings).map(|_| ctx.app().clock.ulid()).collect(),
        }
    }

    /// An alias names another version, or none.
    pub(crate) async fn alias(
        &mut self,
        db: &impl ConnectionTrait,
        (workspace, name): (&str, &str),
        alias: &str,
        version: Option<i64>,
    ) -> Result<()> {
        let stands = history::of_alias(db, workspace, name, alias).await?;
        if let Some(version) = version
            && stands
                .iter()
                .any(|row| row.ended_at.is_none() && row.version == version)
        {
            return Ok(());
        }
        history::end(db, (workspace, name), Which::Alias(alias), &self.by, self.now).await?;
        match version {
            Some(version) => self.begin(db, (workspace, name), ("alias", alias), version).await,
            None => Ok(()),
        }
    }

    /// A version is in another stage.
    pub(crate) async fn stage(
        &mut self,
        db: &impl ConnectionTrait,
        (workspace, name): (&str, &str),
        version: i64,
        stage: &str,
    ) -> Result<()> {
        history::end(db, (workspace, name), Which::Stage(version), &self.by, self.now).await?;
        if stage == "None" {
            return Ok(());
        }
        self.begin(db, (workspace, name), ("stage", stage), version).await
    }

    /// A version is gone, or the whole model.
    pub(crate) async fn gone(
        &self,
        db: &impl ConnectionTrait,
        (workspace, name): (&str, &str),
        version: Option<i64>,
    ) -> Result<()> {
        let which = version.map_or(Which::All, Which::Version);
        Ok(history::end(db, (workspace, name), which, &self.by, self.now).await?)
    }

    async fn begin(
        &mut self,
        db: &impl ConnectionTrait,
        (workspace, name): (&str, &str),
        (kind, label): (&str, &str),
        version: i64,
    ) -> Result<()> {
        let id = self
            .ids
            .pop()
            .ok_or_else(|| Error::internal("a change began more often than it said"))?;
        let row = history::Model {
            workspace: workspace.to_owned(),
            name: name.to_owned(),
            id,
            kind: kind.to_owned(),
            label: label.to_owned(),
            version,
            began_at: self.now,
            began_by: self.by.clone(),
            ended_at: None,
            ended_by: None,
        };
        Ok(history::begin(db, row).await?)
    }
}

/// The history of a model, the youngest first.
///
/// # Errors
/// NotFound for the model.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    page: &PageRequest,
) -> Result<Page<ModelHistory>> {
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", name))
        .await?;
    let db = ctx.app().store.read();
    find(db, workspace, name).await?;
    let found = history::list(db, workspace, name, page).await?;
    Ok(Page {
        items: found.items.into_iter().map(view).collect(),
        next: found.next,
    })
}

/// Lets an alias name the version that it named before, as long as there is one that still is.
///
/// # Errors
/// NotFound for the model, Conflict when there is nothing to go back to.
pub async fn roll_back(ctx: &OpContext, workspace: &str, name: &str, alias: &str) -> Result<ModelAlias> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    let db = ctx.app().store.read();
    find(db, workspace, name).await?;
    let told = history::of_alias(db, workspace, name, alias).await?;
    let now_named = told
        .iter()
        .find(|row| row.ended_at.is_none())
        .map(|row| row.version);
    if told.is_empty() {
        return Err(Error::new(
            Kind::NotFound,
            format!("failed to roll back alias `{alias}` of model `{name}`: it never named a version"),
        )
        .hint("set it with `tidemill model update` or MLflow's set_registered_model_alias"));
    }
    // Going back twice goes back two steps: what an alias came back from does not count.
    let mut back = None;
    for row in before(&told) {
        if Some(row.version) != now_named
            && model_version::get(db, workspace, name, row.version)
                .await?
                .is_some()
        {
            back = Some(row.version);
            break;
        }
    }
    let Some(version) = back else {
        return Err(Error::conflict(format!(
            "failed to roll back alias `{alias}` of model `{name}`: it named no other version before that is still there"
        ))
        .hint("`tidemill model history` shows what it named"));
    };
    let mut teller = Teller::new(ctx, 1);
    let change = change(
        scope,
        json!({ "aliases": { alias: now_named } }),
        json!({ "aliases": { alias: version }, "rolled_back": true }),
    );
    let (ws, model, label) = (workspace.to_owned(), name.to_owned(), alias.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            crate::model_version::find(tx, &ws, &model, version).await?;
            teller.alias(tx, (&ws, &model), &label, Some(version)).await?;
            let alias = Alias {
                name: model,
                alias: label,
                version,
            };
            Ok(registered_model::put_alias(tx, &ws, alias).await?)
        })
    })
    .await?;
    Ok(ModelAlias {
        alias: alias.to_owned(),
        version: version.to_string(),
        rolled_back_from: now_named.map(|version| version.to_string()),
    })
}

/// What an alias named before, the youngest first, as if each way back had taken its step out of the history.
fn before(told: &[history::Model]) -> Vec<&history::Model> {
    let mut stack: Vec<&history::Model> = Vec::new();
    for row in told.iter().rev() {
        // It names again what it named two steps before: that was a way back.
        if stack.len() >= 2 && stack[stack.len() - 2].version == row.version {
            stack.pop();
            stack.pop();
        }
        stack.push(row);
    }
    stack.reverse();
    stack
}

fn view(row: history::Model) -> ModelHistory {
    let history::Model {
        workspace: _,
        name: _,
        id,
        kind,
        label,
        version,
        began_at,
        began_by,
        ended_at,
        ended_by,
    } = row;
    ModelHistory {
        id,
        kind,
        label,
        version: version.to_string(),
        began_at,
        began_by,
        ended_at,
        ended_by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_takes_its_step_out() {
        let row = |version| history::Model {
            workspace: String::new(),
            name: String::new(),
            id: String::new(),
            kind: "alias".into(),
            label: "a".into(),
            version,
            began_at: 0,
            began_by: String::new(),
            ended_at: None,
            ended_by: None,
        };
        let left = |versions: &[i64]| -> Vec<i64> {
            let told: Vec<_> = versions.iter().rev().map(|version| row(*version)).collect();
            before(&told).iter().map(|row| row.version).collect()
        };
        assert_eq!(left(&[1, 2, 3]), [3, 2, 1]);
        assert_eq!(left(&[1, 2, 3, 2]), [2, 1]);
        assert_eq!(left(&[1, 2, 3, 2, 1]), [1]);
    }
}
