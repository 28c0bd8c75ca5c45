//! The registry of an `mlruns` folder: `models/{name}/{meta.yaml,aliases/…,tags/…,version-N/…}`.

use std::path::Path;

use tidemill_api::import::{ImportModel, ImportModelVersion};

use crate::LeftOut;
use crate::file_store::{meta, number, text, texts};

/// All registered models below a folder.
pub(crate) fn models(root: &Path, left_out: &mut Vec<LeftOut>) -> Vec<ImportModel> {
    let mut found: Vec<_> = folders(root).filter_map(|at| model(&at, left_out)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn folders(of: &Path) -> impl Iterator<Item = std::path::PathBuf> + use<> {
    let entries = std::fs::read_dir(of).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir())
}

fn read(at: &Path, left_out: &mut Vec<LeftOut>) -> Option<serde_yaml_ng::Value> {
    let path = at.join("meta.yaml");
    meta(&path)
        .map_err(|why| {
            left_out.push(LeftOut {
                what: path.display().to_string(),
                why,
            });
        })
        .ok()
}

fn model(at: &Path, left_out: &mut Vec<LeftOut>) -> Option<ImportModel> {
    let meta = read(at, left_out)?;
    let mut model = ImportModel {
        name: text(&meta, "name")?,
        description: text(&meta, "description"),
        created_at: number(&meta, "creation_timestamp").unwrap_or(0),
        updated_at: number(&meta, "last_updated_timestamp").unwrap_or(0),
        tags: texts(&at.join("tags"), left_out),
        ..ImportModel::default()
    };
    for (alias, version) in texts(&at.join("aliases"), left_out) {
        match version.trim().parse() {
            Ok(version) => {
                model.aliases.insert(alias, version);
            }
            Err(_) => left_out.push(LeftOut {
                what: at.join("aliases").join(alias).display().to_string(),
                why: format!("`{}` is no version", version.trim()),
            }),
        }
    }
    for folder in folders(at) {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if let Some(number) = name.strip_prefix("version-") {
            let number = number.parse().ok();
            model.versions.extend(version(&folder, number, left_out));
        }
    }
    model.versions.sort_by_key(|version| version.version);
    Some(model)
}

fn version(at: &Path, named: Option<i64>, left_out: &mut Vec<LeftOut>) -> Option<ImportModelVersion> {
    let meta = read(at, left_out)?;
    Some(ImportModelVersion {
        version: number(&meta, "version").or(named)?,
        description: text(&meta, "description"),
        user: text(&meta, "user_id"),
        stage: text(&meta, "current_stage").unwrap_or_default(),
        source: text(&meta, "source").unwrap_or_default(),
        storage_location: text(&meta, "storage_location"),
        run_id: text(&meta, "run_id"),
        run_link: text(&meta, "run_link"),
        model_id: text(&meta, "model_id"),
        status: text(&meta, "status").unwrap_or_default(),
        status_message: text(&meta, "status_message"),
        created_at: number(&meta, "creation_timestamp").unwrap_or(0),
        updated_at: number(&meta, "last_updated_timestamp").unwrap_or(0),
        tags: texts(&at.join("tags"), left_out),
    })
}
