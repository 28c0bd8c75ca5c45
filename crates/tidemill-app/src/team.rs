//! Teams: principals that share roles. A team may be in another one, never in itself.

use tidemill_policy::Subject;
use tidemill_policy::access::{Kind, circle};
use tidemill_spec::kinds::Team;
use tidemill_store::from_json;

use crate::principal::{self, Row, Written};
use crate::{Error, OpContext, Result, Scope, action};

/// Makes or changes a team.
///
/// # Errors
/// Invalid for a member that is not there and for a team that would be in itself, naming the way round.
pub async fn put(ctx: &OpContext, spec: Team, if_match: Option<i64>) -> Result<Row> {
    ctx.authorize(action::PRINCIPAL_WRITE, &Scope::server()).await?;
    let subject = Subject {
        kind: Kind::Team,
        name: spec.name.clone(),
    };
    if let Err(error) = check_members(ctx, &subject, &spec).await {
        ctx.refused(
            action::PRINCIPAL_WRITE,
            &principal::place(&subject),
            &error.message,
        )
        .await?;
        return Err(error);
    }
    let written = Written {
        subject,
        disabled: false,
        spec: serde_json::to_value(&spec).map_err(Error::internal)?,
        password: None,
    };
    principal::put(ctx, written, if_match).await
}

async fn check_members(ctx: &OpContext, team: &Subject, spec: &Team) -> Result<()> {
    let rows = tidemill_store::principal::all(ctx.app().store.read()).await?;
    let mut inside = Vec::new();
    for row in rows
        .iter()
        .filter(|row| row.kind == Kind::Team.as_str() && row.name != team.name)
    {
        let other: Team = from_json("principal", "spec", &row.spec)?;
        let outer = Subject {
            kind: Kind::Team,
            name: row.name.clone(),
        };
        let members = other.members.iter().filter_map(|member| Subject::parse(member));
        inside.extend(members.map(|member| (member, outer.clone())));
    }
    for member in &spec.members {
        let refused = |why: &str| Error::invalid(format!("failed to put `{member}` into {team}: {why}"));
        let found = Subject::parse(member)
            .ok_or_else(|| refused("write user:NAME, team:NAME or service-principal:NAME"))?;
        if let Some(way) = circle(&inside, &found, team) {
            let way: Vec<_> = way.iter().map(|step| step.name.as_str()).collect();
            return Err(refused(&format!(
                "the team would be in itself, as {}",
                way.join(" is in ")
            )));
        }
        if !rows
            .iter()
            .any(|row| row.kind == found.kind.as_str() && row.name == found.name)
        {
            return Err(refused("it is not there").hint("make it first"));
        }
        inside.push((found, team.clone()));
    }
    Ok(())
}
