//! Registered models of an import: new, or merged into the one of their name. Versions keep their numbers; a version or
//! alias that was there stays as it is.

use tidemill_api::import::{
    ImportAnswer, ImportModel, ImportModelVersion, ImportModels, ImportOutcome, Imported,
};
use tidemill_api::mlflow::rule;
use tidemill_store::registered_model::{self, Alias};
use tidemill_store::tag::{self, Noun, Table, version_owner};
use tidemill_store::{ConnectionTrait, logged_model, model_version, run};

use super::{change, fits, item, keep, refused, time, told};
use crate::model_history::Teller;
use crate::{OpContext, Result, Scope, action};

/// Imports registered models with their versions.
///
/// # Errors
/// NotFound without the workspace, Invalid for too many of them.
pub async fn models(ctx: &OpContext, workspace: &str, request: ImportModels) -> Result<ImportAnswer> {
    ctx.authorize(action::MODEL_WRITE, &Scope::workspace(workspace))
        .await?;
    let of = |model: &ImportModel| 1 + model.versions.len() + model.aliases.len();
    let count = request.models.iter().map(of).sum::<usize>();
    crate::workspace::get(ctx, workspace).await?;
    fits("models", request.models.len())?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let mut teller = Teller::new(ctx, count);
    let change = change(action::MODEL_WRITE, &workspace, "models", request.models.len());
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let mut answer = ImportAnswer::default();
                for one in request.models {
                    import(tx, &workspace, one, now, &mut teller, &mut answer).await?;
                }
                let told = told("models", &answer);
                Ok(Some((answer, told)))
            })
        })
        .await?;
    Ok(done.unwrap_or_default())
}

async fn import(
    db: &impl ConnectionTrait,
    workspace: &str,
    one: ImportModel,
    now: i64,
    teller: &mut Teller,
    answer: &mut ImportAnswer,
) -> Result<()> {
    let ImportModel {
        name,
        description,
        created_at,
        updated_at,
        tags,
        aliases,
        versions,
    } = one;
    if let Err(why) = rule::new_model_name("name", &name) {
        answer.items.push(refused(&name, why.0));
        return Ok(());
    }
    let mut left_out = Vec::new();
    let mut tags = keep("tag", tags, &mut left_out);
    let created_at = time(created_at, now);
    let row = registered_model::Model {
        workspace: workspace.to_owned(),
        name: name.clone(),
        description,
        archived: false,
        created_at,
        updated_at: time(updated_at, created_at),
    };
    let new = registered_model::insert(db, row.clone()).await?;
    if !new {
        let has = tag::of(db, Table::Tag, workspace, Noun::Model, &name).await?;
        tags.retain(|(key, _)| has.iter().all(|(there, _)| there != key));
    }
    tag::put(db, Table::Tag, workspace, Noun::Model, &name, &tags).await?;
    let mut items = Vec::new();
    for version in versions {
        items.push(import_version(db, (workspace, &name), version, now, teller).await?);
    }
    let has = registered_model::aliases(db, workspace, std::slice::from_ref(&name)).await?;
    for (alias, version) in aliases {
        let stands = has.iter().find(|row| row.alias == alias).map(|row| row.version);
        if let Err(why) = rule::alias(&alias) {
            left_out.push(format!("alias `{alias}`: {}", why.0));
        } else if stands.is_some_and(|stands| stands != version) {
            left_out.push(format!("alias `{alias}`: it names another version here"));
        } else if model_version::get(db, workspace, &name, version).await?.is_none() {
            left_out.push(format!("alias `{alias}`: there is no version {version}"));
        } else if stands.is_none() {
            teller
                .alias(db, (workspace, &name), &alias, Some(version))
                .await?;
            let row = Alias {
                name: name.clone(),
                alias,
                version,
            };
            registered_model::put_alias(db, workspace, row).await?;
        }
    }
    if new {
        // Its versions have touched it.
        registered_model::update(db, row).await?;
    }
    let outcome = if new {
        ImportOutcome::Added
    } else {
        ImportOutcome::Merged
    };
    answer.items.push(Imported {
        left_out,
        ..item(&name, outcome)
    });
    answer.items.extend(items);
    Ok(())
}

async fn import_version(
    db: &impl ConnectionTrait,
    (workspace, name): (&str, &str),
    one: ImportModelVersion,
    now: i64,
    teller: &mut Teller,
) -> Result<Imported> {
    let label = format!("{name}/{}", one.version);
    let mut left_out = Vec::new();
    if one.version < 1 {
        return Ok(refused(&label, "a version is a number from 1 on"));
    }
    let stage = match one.stage.as_str() {
        "" => "None".to_owned(),
        model_version::DELETED_STAGE => one.stage.clone(),
        given => match rule::stage(given) {
            Ok(stage) => stage.to_owned(),
            Err(why) => return Ok(refused(&label, why.0)),
        },
    };
    let location = location(db, workspace, &one).await?;
    let ImportModelVersion {
        version,
        description,
        user,
        stage: _,
        source,
        storage_location: _,
        run_id,
        run_link,
        model_id,
        status,
        status_message,
        created_at,
        updated_at,
        tags,
    } = one;
    let deleted = stage == model_version::DELETED_STAGE;
    // A prompt is its tags.
    let no_files = deleted || tags.contains_key("mlflow.prompt.is_prompt");
    let storage_location = match location {
        Some(location) => location,
        None if no_files => source.clone(),
        None => {
            left_out.push(format!(
                "its files: they are at `{source}`, outside of runs and logged models"
            ));
            source.clone()
        }
    };
    let created_at = time(created_at, now);
    let row = model_version::Model {
        version,
        description,
        created_by: user,
        stage: stage.clone(),
        storage_location,
        run_id,
        run_link,
        model_id: model_id.or_else(|| source.strip_prefix("models:/m-").map(|id| format!("m-{id}"))),
        status: if status.is_empty() {
            "READY".to_owned()
        } else {
            status
        },
        status_message,
        created_at,
        updated_at: time(updated_at, created_at),
        ..model_version::Model::new(workspace, name, &source, now)
    };
    if model_version::insert(db, row).await?.is_none() {
        return Ok(item(&label, ImportOutcome::There));
    }
    if !deleted {
        teller.stage(db, (workspace, name), version, &stage).await?;
    }
    let tags = keep("tag", tags, &mut left_out);
    tag::put(
        db,
        Table::Tag,
        workspace,
        Noun::ModelVersion,
        &version_owner(name, version),
        &tags,
    )
    .await?;
    Ok(Imported {
        left_out,
        ..item(&label, ImportOutcome::Added)
    })
}

/// Where the files of a version are here: those of its logged model, or in the artifacts of its run. A place elsewhere
/// that clients reach by themselves stays; a path on a disk is none.
async fn location(
    db: &impl ConnectionTrait,
    workspace: &str,
    one: &ImportModelVersion,
) -> Result<Option<String>> {
    let given = one.storage_location.as_deref().filter(|text| !text.is_empty());
    let from_source = one
        .source
        .strip_prefix("models:/")
        .filter(|id| id.starts_with("m-"));
    let in_text = |text: &str| part(text, "/models/").filter(|(id, _)| id.starts_with("m-"));
    let found = in_text(given.unwrap_or_default()).or_else(|| in_text(&one.source));
    let model = one.model_id.clone().or_else(|| from_source.map(str::to_owned));
    let (model, below) = match (model, found) {
        (Some(model), Some((id, below))) if model == id => (Some(model), below),
        (Some(model), _) => (Some(model), String::new()),
        (None, Some((id, below))) => (Some(id), below),
        (None, None) => (None, String::new()),
    };
    if let Some(model) = model
        && let Some(row) = logged_model::get(db, workspace, &model).await?
    {
        return Ok(Some(format!("{}{below}", row.artifact_location)));
    }
    if let Some(run_id) = &one.run_id
        && let Some(row) = run::get(db, workspace, run_id).await?
    {
        let mark = format!("/{run_id}/artifacts");
        let by_uri = one.source.strip_prefix(&format!("runs:/{run_id}"));
        let after = |text: &str| text.split_once(&mark).map(|(_, rest)| rest.to_owned());
        let below = by_uri
            .map(str::to_owned)
            .or_else(|| after(given.unwrap_or_default()))
            .or_else(|| after(&one.source));
        if let Some(below) = below.filter(|below| !climbs(below)) {
            return Ok(Some(format!("{}{below}", row.artifact_uri)));
        }
    }
    let remote = |text: &&str| {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| ["s3", "gs", "abfss", "wasbs", "https", "http"].contains(&scheme))
    };
    Ok(given
        .filter(remote)
        .or(Some(one.source.as_str()).filter(remote))
        .map(str::to_owned))
}

/// The name behind a mark that is followed by `/artifacts`, and what comes below that.
fn part(text: &str, mark: &str) -> Option<(String, String)> {
    let (_, rest) = text.split_once(mark)?;
    let (id, rest) = rest.split_once("/artifacts")?;
    (!id.contains('/') && !climbs(rest)).then(|| (id.to_owned(), rest.to_owned()))
}

fn climbs(path: &str) -> bool {
    path.split(['/', '\\']).any(|name| name == "..")
}
