//! Artifacts behind a running server, which fetches them from wherever they are.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt};
use reqwest::Method;

use crate::server_call::{Refusal, Server};
use crate::{FileBytes, LeftOut, Result, stays_inside};

/// Whose files they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Run,
    Model,
}

/// All files of a run or logged model, by path; a folder that cannot be listed is left out.
pub(crate) async fn list(
    server: &Server,
    owner: Owner,
    id: &str,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<String>> {
    let (mut found, mut folders, mut seen) = (Vec::new(), vec![String::new()], HashSet::new());
    while let Some(folder) = folders.pop() {
        let listed = match owner {
            Owner::Run => list_one(server, "artifacts/list", ("run_id", id), "path", &folder).await?,
            Owner::Model => {
                let call = format!("logged-models/{id}/artifacts/directories");
                list_one(server, &call, ("", ""), "artifact_directory_path", &folder).await?
            }
        };
        let entries = match listed {
            Ok(entries) => entries,
            Err(refusal) => {
                left_out.push(LeftOut::new(
                    format!("the files of {id} in `/{folder}`"),
                    refusal.message,
                ));
                continue;
            }
        };
        for (path, is_folder) in entries {
            if !stays_inside(&path) {
                left_out.push(LeftOut::new(
                    format!("`{path}` of {id}"),
                    "its name is no path of an artifact",
                ));
            } else if !is_folder {
                found.push(path);
            } else if seen.insert(path.clone()) {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One folder: paths, and whether each is a folder.
async fn list_one(
    server: &Server,
    call: &str,
    owner: (&str, &str),
    field: &str,
    folder: &str,
) -> Result<Result<Vec<(String, bool)>, Refusal>> {
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let query: Vec<(&str, &str)> = [owner, (field, folder), ("page_token", &token)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let page = match server.ask(call, Method::GET, &query, None).await? {
            Ok(page) => page,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for file in page["files"].as_array().into_iter().flatten() {
            let is_folder = file["is_dir"].as_bool().unwrap_or(false);
            found.push((file["path"].as_str().unwrap_or_default().to_owned(), is_folder));
        }
        token = page["next_page_token"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            return Ok(Ok(found));
        }
    }
}

/// The bytes of one file; one that the server does not give is left out.
pub(crate) async fn open(
    server: &Server,
    owner: Owner,
    id: &str,
    path: &str,
    left_out: &mut Vec<LeftOut>,
) -> Result<Option<FileBytes>> {
    let answer = match owner {
        Owner::Run => {
            server
                .file("/get-artifact", &[("run_id", id), ("path", path)])
                .await?
        }
        Owner::Model => {
            let at = format!("/ajax-api/2.0/mlflow/logged-models/{id}/artifacts/files");
            server.file(&at, &[("artifact_file_path", path)]).await?
        }
    };
    match answer {
        Ok(response) => {
            let bytes = response.bytes_stream().map_err(std::io::Error::other);
            Ok(Some(bytes.boxed()))
        }
        Err(refusal) => {
            left_out.push(LeftOut::new(format!("`{path}` of {id}"), refusal.message));
            Ok(None)
        }
    }
}
