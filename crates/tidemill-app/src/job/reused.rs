//! Outputs of finished work that another step takes over: who asked for a place of their own finds the files there.

use indexmap::IndexMap;
use tidemill_objects::{Datastore, SafePath};

use super::{Job, OutputRecord, Plan, PlannedOutput, outputs_of};
use crate::{OpContext, Result, bytes, datastore};

/// The outputs of `done` as those of the step `row`, copied where the step was told to put them. `None` when other
/// files are in the way, which only the step itself may replace.
pub(crate) async fn outputs_at_their_places(
    ctx: &OpContext,
    row: &Job,
    done: &Job,
) -> Result<Option<IndexMap<String, OutputRecord>>> {
    let mut outputs = outputs_of(done);
    let Ok(Plan::Command(plan)) = serde_json::from_str(&row.plan) else {
        return Ok(Some(outputs));
    };
    for (port, planned) in plan.outputs.iter().filter(|(_, planned)| planned.chosen) {
        let Some(record) = outputs.get_mut(port) else {
            continue;
        };
        let Some(datastore) = &planned.datastore else {
            continue;
        };
        if (record.datastore.as_ref(), &record.path) == (Some(datastore), &planned.path) {
            continue;
        }
        let moved = moved(record, planned, &row.name);
        if !bytes::still_there(ctx, &row.workspace, &moved).await? {
            let from = record.datastore.as_deref().unwrap_or(datastore::ARTIFACTS);
            let from = bytes::open(ctx, &row.workspace, from).await?;
            let to = bytes::open(ctx, &row.workspace, datastore).await?;
            if !copy(
                &from,
                &SafePath::parse(&record.path)?,
                &to,
                &SafePath::parse(&planned.path)?,
            )
            .await?
            {
                return Ok(None);
            }
        }
        *record = moved;
    }
    Ok(Some(outputs))
}

fn moved(record: &OutputRecord, planned: &PlannedOutput, job: &str) -> OutputRecord {
    OutputRecord {
        uri: planned.uri(job),
        datastore: planned.datastore.clone(),
        path: planned.path.clone(),
        ..record.clone()
    }
}

/// Copies a file or a folder to a place where nothing is; says whether nothing was.
async fn copy(from: &Datastore, source: &SafePath, to: &Datastore, target: &SafePath) -> Result<bool> {
    if to.exists(target).await? || !to.list(target).await?.is_empty() {
        return Ok(false);
    }
    if from.exists(source).await? {
        let (_, content) = from.get(source, None).await?;
        to.put_stream(target, content).await?;
        return Ok(true);
    }
    for file in from.list(source).await? {
        let Some(inner) = file.path.strip_prefix(source) else {
            continue;
        };
        let (_, content) = from.get(&file.path, None).await?;
        to.put_stream(&target.join(&inner), content).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_copy_never_covers_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Datastore::open_folder(folder.path()).expect("opens");
        let path = |text: &str| SafePath::parse(text).expect("a path");
        for name in ["a/x.txt", "a/sub/y.txt", "taken/z.txt"] {
            store.put(&path(name), name.into()).await.expect("written");
        }
        assert!(
            copy(&store, &path("a"), &store, &path("b/c"))
                .await
                .expect("copies")
        );
        let copied = store
            .get_all(&path("b/c/sub/y.txt"), 100)
            .await
            .expect("it is there");
        assert_eq!(copied, "a/sub/y.txt");
        assert!(
            copy(&store, &path("a/x.txt"), &store, &path("one.txt"))
                .await
                .expect("copies")
        );
        assert!(
            !copy(&store, &path("a"), &store, &path("taken"))
                .await
                .expect("looks")
        );
        assert!(
            !copy(&store, &path("a"), &store, &path("one.txt"))
                .await
                .expect("looks")
        );
        assert_eq!(store.list(&path("taken")).await.expect("lists").len(), 1);
    }
}
