//! What a workspace holds, what stands in the way of deleting it, and what elsewhere depends on it.

use std::collections::BTreeSet;

use tidemill_store::{ConnectionTrait, assignment, infra, job, online_deployment, release_stage, workspace};

use crate::{App, OpContext, Result, release};

/// What a workspace holds, and what stands in the way of deleting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Nouns, and how many.
    pub held: Vec<(String, i64)>,
    /// What has to be ended first.
    pub in_the_way: Vec<String>,
    /// What elsewhere depends on it.
    pub depends: Vec<String>,
}

/// What a workspace holds, what stands in the way of deleting it, and what depends on it.
///
/// # Errors
/// NotFound.
pub async fn contents(ctx: &OpContext, given: &str) -> Result<Contents> {
    let row = crate::workspace::get(ctx, given).await?;
    contents_of(ctx.app(), &row.name).await
}

pub(super) async fn contents_of(app: &App, name: &str) -> Result<Contents> {
    let db = app.store.read();
    let held = workspace::contents(db, name).await?;
    let held = held
        .into_iter()
        .map(|(noun, count)| (noun.to_owned(), count))
        .collect();
    let mut in_the_way = Vec::new();
    let running = running(db, name).await?;
    if running > 0 {
        in_the_way.push(format!(
            "{running} jobs that have not ended: `tidemill job cancel`"
        ));
    }
    let serving: BTreeSet<String> = online_deployment::all(db)
        .await?
        .into_iter()
        .filter(|row| row.workspace == name)
        .map(|row| row.endpoint)
        .collect();
    in_the_way.extend(serving.iter().map(|endpoint| {
        format!(
            "online endpoint `{endpoint}`, which serves: `tidemill online-endpoint delete --name {endpoint}`"
        )
    }));
    let moving =
        release_stage::in_states(db, &[release::DEPLOYING, release::TESTING, release::ROLLING_OUT]).await?;
    in_the_way.extend(
        moving
            .iter()
            .filter(|row| row.workspace == name && row.target != name)
            .map(|row| {
                format!(
                    "release `{}`, which is on its way in workspace `{}`",
                    row.name, row.target
                )
            }),
    );
    let mut depends = Vec::new();
    let at = format!("/workspaces/{name}");
    let mut stacks: BTreeSet<String> = BTreeSet::new();
    for row in infra::resource::all(db).await? {
        if row.scope == at || (row.kind == "workspace" && row.name == name) {
            stacks.insert(row.stack);
        }
    }
    depends.extend(
        stacks
            .iter()
            .map(|stack| format!("stack `{stack}` of infrastructure manages it, or things in it")),
    );
    let releases: BTreeSet<String> = release_stage::in_states(
        db,
        &[
            release::WAITING,
            release::DEPLOYING,
            release::TESTING,
            release::ROLLING_OUT,
            release::LIVE,
        ],
    )
    .await?
    .into_iter()
    .filter(|row| (row.target == name) != (row.workspace == name))
    .map(|row| match row.target == name {
        true => format!(
            "release `{}` of workspace `{}` goes to it",
            row.name, row.workspace
        ),
        false => format!("its release `{}` goes to workspace `{}`", row.name, row.target),
    })
    .collect();
    depends.extend(releases);
    let given = assignment::all(db).await?;
    let given = given
        .iter()
        .filter(|row| row.scope == at || row.scope.starts_with(&format!("{at}/")))
        .count();
    if given > 0 {
        depends.push(format!("{given} principals have roles in it"));
    }
    Ok(Contents {
        held,
        in_the_way,
        depends,
    })
}

pub(super) async fn running(db: &impl ConnectionTrait, name: &str) -> Result<usize> {
    let jobs = job::in_states(db, crate::job::Status::OPEN).await?;
    Ok(jobs
        .iter()
        .filter(|row| row.workspace == name && row.parent.is_none())
        .count())
}
