//! Stacks: what is managed together, as it was applied last, and what has moved since.

use tidemill_api::infra::{InfraDrift, InfraManaged, InfraMoved, InfraStack};
use tidemill_plan::infra::{Address, Moved, drift as pure_drift};
use tidemill_store::from_json;
use tidemill_store::infra::{plan as plan_row, resource};

use super::plan::{field, look, managed};
use super::{rights, scope};
use crate::{App, Error, OpContext, Result, Scope, action};

/// Every stack, by name.
///
/// # Errors
/// Forbidden.
pub async fn list(ctx: &OpContext) -> Result<Vec<InfraStack>> {
    ctx.authorize(action::INFRA_READ, &Scope::server()).await?;
    let mut stacks: Vec<(String, Vec<resource::Model>)> = Vec::new();
    for row in resource::all(ctx.app().store.read()).await? {
        match stacks.last_mut() {
            Some((name, rows)) if *name == row.stack => rows.push(row),
            _ => stacks.push((row.stack.clone(), vec![row])),
        }
    }
    let mut views = Vec::new();
    for (name, rows) in stacks {
        views.push(view(ctx, name, rows).await?);
    }
    Ok(views)
}

/// One stack.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn show(ctx: &OpContext, name: &str) -> Result<InfraStack> {
    ctx.authorize(action::INFRA_READ, &scope(name)).await?;
    let rows = resource::of(ctx.app().store.read(), name).await?;
    check(ctx.app(), name, rows.is_empty()).await?;
    view(ctx, name.to_owned(), rows).await
}

/// What has moved since a stack was applied.
///
/// # Errors
/// NotFound.
pub async fn drift(ctx: &OpContext, name: &str) -> Result<InfraDrift> {
    ctx.authorize(action::INFRA_READ, &scope(name)).await?;
    let managed = managed(ctx.app(), name).await?;
    check(ctx.app(), name, managed.is_empty()).await?;
    let addresses: Vec<Address> = managed.iter().map(|one| one.address.clone()).collect();
    let there = look(ctx.app(), addresses).await?;
    let items = pure_drift(&managed, &there)
        .into_iter()
        .map(|moved| {
            let address = moved.address().to_string();
            let sees = rights::may_see(ctx, moved.address(), &[]);
            match moved {
                Moved::Changed { fields, .. } => InfraMoved {
                    address,
                    how: "changed".into(),
                    fields: if sees {
                        fields.into_iter().map(field).collect()
                    } else {
                        Vec::new()
                    },
                },
                Moved::Gone { .. } | Moved::Appeared { .. } => InfraMoved {
                    address,
                    how: "gone".into(),
                    fields: Vec::new(),
                },
            }
        })
        .collect();
    Ok(InfraDrift {
        stack: name.to_owned(),
        looked_at: managed.len(),
        items,
    })
}

/// A stack that manages nothing is there when something was applied to it once.
async fn check(app: &App, name: &str, empty: bool) -> Result<()> {
    let db = app.store.read();
    if !empty || plan_row::last_applied(db, name).await?.is_some() {
        return Ok(());
    }
    let mut names: Vec<String> = resource::all(db)
        .await?
        .into_iter()
        .map(|row| row.stack)
        .collect();
    names.dedup();
    Err(Error::not_found("stack", name).hint(match names.is_empty() {
        true => "nothing was applied yet; `tidemill infra apply -f FOLDER` makes one".to_owned(),
        false => format!("there are: {}", names.join(", ")),
    }))
}

async fn view(ctx: &OpContext, name: String, rows: Vec<resource::Model>) -> Result<InfraStack> {
    let plan = plan_row::last_applied(ctx.app().store.read(), &name).await?;
    let mut resources = Vec::new();
    for row in rows {
        let address = Address::new(&row.kind, &row.scope, &row.name);
        let sees = rights::may_see(ctx, &address, &[]);
        let spec = from_json("infra_resource", "applied", &row.applied)?;
        resources.push(InfraManaged {
            address: address.to_string(),
            kind: row.kind,
            scope: row.scope,
            name: row.name,
            spec: if sees { spec } else { serde_json::Value::Null },
            plan: row.plan,
            applied_at: row.applied_at,
        });
    }
    Ok(InfraStack {
        name,
        resources,
        state: plan.as_ref().map(|plan| match plan.state.as_str() {
            "applying" if !ctx.app().infra.is_running(&plan.id) => "interrupted".to_owned(),
            state => state.to_owned(),
        }),
        applied_by: plan.as_ref().and_then(|plan| plan.applied_by.clone()),
        applied_at: plan.as_ref().and_then(|plan| plan.ended_at),
        plan: plan.map(|plan| plan.id),
    })
}
