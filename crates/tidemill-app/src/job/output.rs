//! Outputs and artifacts of a job: what there is, and the bytes.

use indexmap::IndexMap;
use tidemill_objects::{ByteStream, Datastore, FileMeta, SafePath};
use tidemill_spec::expr::{Ref, Template};
use tidemill_spec::refs::DataPath;
use tidemill_store::from_json;

use super::{Job, OutputRecord, PlannedOutput};
use crate::{Error, OpContext, Result, Scope, action, bytes, datastore, datastore_access};

/// The output that exposes the artifact root of the run.
const ARTIFACTS: &str = "artifacts";

/// Where an output goes.
pub(crate) fn planned_output(
    job: &str,
    port: &str,
    default_datastore: &str,
    r#type: &str,
    mode: &str,
    path: Option<&DataPath>,
    asset: (Option<&str>, Option<&str>),
) -> Result<PlannedOutput> {
    let chosen = path.is_some();
    let (datastore, path) = match path {
        None if port == ARTIFACTS => (None, String::new()),
        None => (
            Some(default_datastore.to_owned()),
            format!("azureml/{job}/{port}"),
        ),
        Some(path) => {
            let (datastore, path) = place(job, port, default_datastore, path)?;
            (Some(datastore), path)
        }
    };
    let fill = |text: &str| fill_in(job, port, default_datastore, text);
    Ok(PlannedOutput {
        r#type: r#type.to_owned(),
        mode: mode.to_owned(),
        datastore,
        path,
        name: asset.0.map(fill).transpose()?,
        version: asset.1.map(fill).transpose()?,
        chosen,
    })
}

fn place(job: &str, port: &str, default_datastore: &str, path: &DataPath) -> Result<(String, String)> {
    let wrong = |found: &dyn std::fmt::Display| {
        Error::invalid(format!(
            "failed to place output `{port}` at `{found}`: it is no path of a datastore"
        ))
        .hint("write azureml://datastores/<datastore>/paths/<path>")
    };
    let filled = match path {
        DataPath::Expression(text) => {
            let text = fill_in(job, port, default_datastore, text)?;
            text.parse::<DataPath>().map_err(|_| wrong(&text))?
        }
        other => other.clone(),
    };
    match filled {
        DataPath::Datastore {
            datastore,
            path,
            scope: _,
        } => {
            let path = path.trim_end_matches('/').to_owned();
            SafePath::parse(&path).map_err(|error| Error::invalid(error.to_string()))?;
            Ok((datastore, path))
        }
        other => Err(wrong(&other)),
    }
}

fn fill_in(job: &str, port: &str, default_datastore: &str, text: &str) -> Result<String> {
    let template = Template::parse(text).map_err(|error| Error::invalid(error.to_string()))?;
    let value = |reference: &Ref| match reference {
        Ref::Name => Some(job.to_owned()),
        Ref::OutputName => Some(port.to_owned()),
        Ref::DefaultDatastore => Some(default_datastore.to_owned()),
        _ => None,
    };
    template.render(&value).map_err(|error| {
        Error::invalid(format!("failed to place output `{port}`: {error}"))
            .hint("${{name}}, ${{output_name}} and ${{default_datastore}} have values here")
    })
}

/// The outputs of a job by name.
pub fn outputs_of(job: &Job) -> IndexMap<String, OutputRecord> {
    from_json("job", "outputs", &job.outputs).unwrap_or_default()
}

/// The files of one output: relative path and size.
///
/// # Errors
/// NotFound, with the outputs that there are.
pub async fn output_files(
    ctx: &OpContext,
    workspace: &str,
    job: &str,
    output: &str,
) -> Result<Vec<FileMeta>> {
    let (store, path) = open_output(ctx, workspace, job, output).await?;
    if let Ok(mut file) = store.head(&path).await {
        file.path = SafePath::parse(path.name())?;
        return Ok(vec![file]);
    }
    Ok(relative(store.list(&path).await?, &path))
}

/// The bytes of one file of an output.
///
/// # Errors
/// NotFound, when there is no such output or file.
pub async fn output_file(
    ctx: &OpContext,
    workspace: &str,
    job: &str,
    output: &str,
    file: &str,
) -> Result<(FileMeta, ByteStream)> {
    let (store, root) = open_output(ctx, workspace, job, output).await?;
    let file = SafePath::parse(file)?;
    let whole = match store.head(&root).await {
        Ok(_) => root,
        Err(_) => root.join(&file),
    };
    Ok(store.get(&whole, None).await?)
}

async fn open_output(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    output: &str,
) -> Result<(Datastore, SafePath)> {
    let job = super::get(ctx, workspace, name).await?;
    let outputs = outputs_of(&job);
    let record = outputs.get(output).ok_or_else(|| {
        let there: Vec<&str> = outputs.keys().map(String::as_str).collect();
        Error::not_found("output", output).hint(match there.is_empty() {
            true => format!("job `{name}` has no outputs"),
            false => format!("job `{name}` has: {}", there.join(", ")),
        })
    })?;
    let (store, path) = match &record.datastore {
        Some(datastore) => {
            datastore_access::check(
                ctx,
                workspace,
                datastore,
                &record.path,
                action::DATASTORE_FILE_READ,
            )
            .await?;
            (bytes::open(ctx, workspace, datastore).await?, record.path.clone())
        }
        None => (
            bytes::open(ctx, workspace, datastore::ARTIFACTS).await?,
            record.path.clone(),
        ),
    };
    Ok((store, SafePath::parse(&path)?))
}

/// The folder of a job's artifacts in the artifact store of its workspace.
pub(crate) fn artifact_root(job: &Job) -> String {
    format!("{}/{}/artifacts", job.experiment_id, job.name)
}

/// The folder where the artifacts and logs of a job are found. Those of finished work that a job took over are the ones
/// of the job that did it.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn artifact_home(ctx: &OpContext, job: &Job) -> Result<String> {
    let did_it = match &job.reused_from {
        Some(name) => tidemill_store::job::get(ctx.app().store.read(), &job.workspace, name).await?,
        None => None,
    };
    Ok(artifact_root(did_it.as_ref().unwrap_or(job)))
}

/// The artifacts of a job, with the models that its run logged, as MLflow lists them: relative path and size, under a
/// folder or all of them.
///
/// # Errors
/// NotFound, when there is no such job.
pub async fn artifacts(ctx: &OpContext, workspace: &str, name: &str, under: &str) -> Result<Vec<FileMeta>> {
    let job = super::get(ctx, workspace, name).await?;
    ctx.authorize(action::RUN_READ, &Scope::run(workspace, name, None))
        .await?;
    let store = bytes::open(ctx, workspace, datastore::ARTIFACTS).await?;
    let root = SafePath::parse(artifact_home(ctx, &job).await?)?;
    let under = SafePath::normalise(under)?;
    let mut files = relative(store.list(&root.join(&under)).await?, &root);
    for (folder, location) in logged_models(ctx, &job).await? {
        if files.iter().any(|file| file.path.strip_prefix(&folder).is_some()) {
            continue;
        }
        for mut file in relative(store.list(&location).await?, &location) {
            file.path = folder.join(&file.path);
            if under.is_root() || file.path.strip_prefix(&under).is_some() {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// The models that the run of a job logged: where they appear among its artifacts, and where they lie.
async fn logged_models(ctx: &OpContext, job: &Job) -> Result<Vec<(SafePath, SafePath)>> {
    let run = job.reused_from.as_deref().unwrap_or(&job.name);
    let db = ctx.app().store.read();
    let mut found = Vec::new();
    for model in tidemill_store::model::all_logged_by(db, &job.workspace, run).await? {
        let location = model.artifact_location.strip_prefix("mlflow-artifacts:/");
        let folder = SafePath::parse(model.name.trim_matches('/'));
        if let (Some(location), Ok(folder)) = (location, folder) {
            found.push((folder, SafePath::normalise(location)?));
        }
    }
    Ok(found)
}

fn relative(mut files: Vec<FileMeta>, root: &SafePath) -> Vec<FileMeta> {
    for file in &mut files {
        if let Some(inner) = file.path.strip_prefix(root) {
            file.path = inner;
        }
    }
    files
}

/// The bytes of one artifact.
///
/// # Errors
/// NotFound, when there is no such job or file.
pub async fn artifact(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    file: &str,
) -> Result<(FileMeta, ByteStream)> {
    let job = super::get(ctx, workspace, name).await?;
    ctx.authorize(action::RUN_READ, &Scope::run(workspace, name, None))
        .await?;
    let store = bytes::open(ctx, workspace, datastore::ARTIFACTS).await?;
    let path = SafePath::parse(file)?;
    let whole = SafePath::parse(artifact_home(ctx, &job).await?)?.join(&path);
    if !store.exists(&whole).await? {
        for (folder, location) in logged_models(ctx, &job).await? {
            if let Some(inner) = path.strip_prefix(&folder) {
                return Ok(store.get(&location.join(&inner), None).await?);
            }
        }
    }
    Ok(store.get(&whole, None).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_goes_to_its_job_unless_it_says_where() {
        let default =
            planned_output("j", "o", "store", "uri_folder", "rw_mount", None, (None, None)).expect("places");
        assert_eq!(
            (default.datastore.as_deref(), default.path.as_str()),
            (Some("store"), "azureml/j/o")
        );
        let path = "azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}.txt";
        let path: DataPath = path.parse().expect("a path");
        let given = planned_output(
            "j",
            "o",
            "store",
            "uri_file",
            "rw_mount",
            Some(&path),
            (None, None),
        )
        .expect("places");
        assert_eq!(given.uri("j"), "azureml://datastores/store/paths/j/o.txt");
        let root = planned_output(
            "j",
            "artifacts",
            "store",
            "uri_folder",
            "upload",
            None,
            (None, None),
        )
        .expect("ok");
        assert_eq!(root.datastore, None);
    }

    #[test]
    fn an_output_cannot_climb_out_of_its_datastore() {
        for path in ["azureml://datastores/store/paths/../x", "https://example.org/x"] {
            let Ok(path) = path.parse::<DataPath>() else {
                continue;
            };
            let planned = planned_output("j", "o", "s", "uri_file", "upload", Some(&path), (None, None));
            assert!(planned.is_err(), "{planned:?}");
        }
    }
}
