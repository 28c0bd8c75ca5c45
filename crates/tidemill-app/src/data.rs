//! Data: versions of a file, a folder or a table, each a manifest of exactly its bytes.

use serde_json::Value;
use tidemill_api::asset::AssetVersion;
use tidemill_objects::{Manifest, Progress, SafePath};
use tidemill_spec::kinds::{Data, DataType};
use tidemill_store::asset::Key;
use tidemill_store::{DatabaseTransaction, asset_version};

use crate::asset::{self, Kind, NewVersion};
use crate::content::{self, Content};
use crate::place::Place;
use crate::{Error, OpContext, Result, action, contract, resolve};

/// Makes a version: under `version`, or under the highest whole number and one. Data that is not uploaded is read where it
/// lies, or copied when its specification says `snapshot: true`. The same content under the same version again is the
/// same answer.
///
/// # Errors
/// Invalid when what lies there is not of its type; Conflict when the version is there with other content; NotFound.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: Option<&str>,
    spec: Data,
    progress: &dyn Progress,
) -> Result<AssetVersion> {
    ctx.authorize(action::DATA_WRITE, &asset::scope(Kind::Data, workspace, name))
        .await?;
    asset::check_new(ctx, Kind::Data, workspace, name, version).await?;
    let found = resolve::place(ctx, workspace, &spec.path).await?;
    let place = match spec.snapshot {
        Some(true) => Place::of(content::copy_to_tree(ctx, workspace, &found.source, progress).await?),
        _ => found,
    };
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let previous = previous(ctx, key, version, &place.uri).await?;
    let known = previous.as_ref().map(|(_, manifest)| manifest);
    let content = content::survey(ctx, workspace, &place.source, known, progress).await?;
    let data_type = checked_type(name, spec.data_type, &content)?;
    let is_there = match version {
        Some(version) => asset_version::get(ctx.app().store.read(), key, version)
            .await?
            .is_some(),
        None => false,
    };
    // What others live by is looked at before there is a version that they could take.
    let warnings = match is_there {
        true => Vec::new(),
        false => contract::guard(ctx, workspace, name, &place.source).await?,
    };
    let digest = match previous {
        // Nothing changed, and so the manifest is kept already.
        Some((digest, manifest)) if manifest == content.manifest => digest,
        _ => content::keep_manifest(ctx.app(), &content.manifest).await?,
    };
    let mut stored = asset::stored_spec(&spec)?;
    if let Some(fields) = stored.as_object_mut() {
        fields.insert("type".into(), data_type.word().into());
    }
    let new = NewVersion {
        kind: Kind::Data,
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
        asset_type: data_type.word().to_owned(),
        spec: stored,
        digest,
        uri: Some(place.uri),
        size_bytes: Some(content.manifest.total_bytes()),
        files: Some(content.manifest.len() as u64),
        job: None,
        created_by: ctx.principal().to_string(),
        now_ms: ctx.now_ms(),
    };
    let made = asset::create(ctx, new).await?;
    Ok(AssetVersion { warnings, ..made })
}

/// The manifest of the version that is most likely like the one to be, and its digest: files that look the same are not
/// read again.
async fn previous(
    ctx: &OpContext,
    key: Key<'_>,
    version: Option<&str>,
    uri: &str,
) -> Result<Option<(String, Manifest)>> {
    let db = ctx.app().store.read();
    let row = match version {
        Some(version) => asset_version::get(db, key, version).await?,
        None => None,
    };
    let row = match row {
        Some(row) => Some(row),
        None => asset_version::latest(db, key).await?,
    };
    match row.filter(|row| row.uri.as_deref() == Some(uri)) {
        Some(row) => {
            let manifest = content::read_manifest(ctx.app(), &row.digest).await?;
            Ok(manifest.map(|manifest| (row.digest, manifest)))
        }
        None => Ok(None),
    }
}

/// The type that data has: as it says, when that is so; else what lies there.
fn checked_type(name: &str, said: Option<DataType>, content: &Content) -> Result<DataType> {
    let wrong = |why: &str, hint: &str| {
        Err(Error::invalid(format!("failed to create data `{name}`: {why}")).hint(hint.to_owned()))
    };
    let Content { manifest, is_file } = content;
    if manifest.is_empty() {
        return wrong("no file lies at its path", "check the path");
    }
    match said {
        None => Ok(if *is_file {
            DataType::UriFile
        } else {
            DataType::UriFolder
        }),
        Some(DataType::UriFile) if !is_file && manifest.len() != 1 => wrong(
            &format!(
                "its type is uri_file, and {} files lie at its path",
                manifest.len()
            ),
            "name one file, or write `type: uri_folder`",
        ),
        Some(DataType::UriFolder) if *is_file => wrong(
            "its type is uri_folder, and its path is a file",
            "write `type: uri_file`, or name the folder",
        ),
        Some(DataType::Mltable) if *is_file || !has_table(manifest) => wrong(
            "its type is mltable, and no file `MLTable` lies in its folder",
            "add the file, or write `type: uri_folder`",
        ),
        Some(said) => Ok(said),
    }
}

fn has_table(manifest: &Manifest) -> bool {
    SafePath::parse("MLTable").is_ok_and(|path| manifest.get(&path).is_some())
}

/// An output of a job that becomes a version of data or of a model.
#[derive(Debug, Clone)]
pub struct OutputVersion {
    /// The workspace.
    pub workspace: String,
    /// The asset.
    pub name: String,
    /// `None`: the next number.
    pub version: Option<String>,
    /// `uri_folder`, `mlflow_model`, …
    pub asset_type: String,
    /// Where its bytes are: `azureml://datastores/…` or `runs:/…`.
    pub uri: String,
    /// Digest of its manifest, in hex; the manifest is kept ([`content::keep_manifest`]).
    pub digest: String,
    /// Bytes in all.
    pub size_bytes: u64,
    /// Number of files.
    pub files: u64,
    /// The job.
    pub job: String,
    /// The principal that submitted the job.
    pub created_by: String,
    /// UTC milliseconds.
    pub now_ms: i64,
}

/// Registers an output of a job, in the transaction that ends it; gives `data/{name}/{version}`.
///
/// # Errors
/// Conflict, when the version is there with other content; Invalid for a bad name.
pub async fn register_output(tx: &DatabaseTransaction, output: OutputVersion) -> Result<String> {
    crate::name::check("data", &output.name)?;
    if let Some(version) = &output.version {
        crate::name::check("version", version)?;
    }
    let spec: Value = serde_json::json!({ "type": output.asset_type, "path": output.uri });
    let new = NewVersion {
        kind: Kind::Data,
        workspace: output.workspace,
        name: output.name,
        version: output.version,
        asset_type: output.asset_type,
        spec,
        digest: output.digest,
        uri: Some(output.uri),
        size_bytes: Some(output.size_bytes),
        files: Some(output.files),
        job: Some(output.job),
        created_by: output.created_by,
        now_ms: output.now_ms,
    };
    let (row, _) = asset::add(tx, new).await?;
    Ok(format!("data/{}/{}", row.name, row.version))
}

#[cfg(test)]
mod tests {
    use tidemill_objects::{Entry, Hash, Hint};

    use super::*;

    fn content(files: &[&str], is_file: bool) -> Content {
        let entry = |path: &&str| Entry {
            path: SafePath::parse(*path).expect("a path"),
            size_bytes: 1,
            hash: Hash::of(b"x"),
            executable: false,
            hint: Hint::None,
        };
        Content {
            manifest: Manifest::new(files.iter().map(entry).collect()).expect("a manifest"),
            is_file,
        }
    }

    #[test]
    fn the_type_is_what_lies_there() {
        let (file, folder, table) = (
            content(&["a"], true),
            content(&["a", "b"], false),
            content(&["MLTable", "a"], false),
        );
        for (said, content, found) in [
            (None, &file, Some(DataType::UriFile)),
            (None, &folder, Some(DataType::UriFolder)),
            (Some(DataType::UriFile), &file, Some(DataType::UriFile)),
            (Some(DataType::UriFile), &folder, None),
            (
                Some(DataType::UriFile),
                &content(&["a"], false),
                Some(DataType::UriFile),
            ),
            (Some(DataType::UriFolder), &file, None),
            (Some(DataType::Mltable), &folder, None),
            (Some(DataType::Mltable), &table, Some(DataType::Mltable)),
            (Some(DataType::UriFolder), &content(&[], false), None),
        ] {
            assert_eq!(
                checked_type("d", said, content).ok(),
                found,
                "{said:?} {content:?}"
            );
        }
    }
}
