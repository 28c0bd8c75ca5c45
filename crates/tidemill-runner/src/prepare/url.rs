//! Fetches an input from a public address, once for all jobs as long as the server says that it is the same.

use super::environment::Bench;
use super::input::{Mode, Order, failure};
use super::stores::{counter, share};
use crate::failure::Failure;
use crate::work::Work;
use std::path::PathBuf;
use tidemill_objects::{Entry, Hash, Hint, HttpFile, Manifest, SafePath};

/// Downloads the file and gives its path on this machine.
pub(super) async fn fetch_url(
    url: &str,
    order: &Order<'_>,
    expected: Option<&Manifest>,
    bench: &Bench<'_>,
) -> Result<PathBuf, Failure> {
    let file = HttpFile::open(url).map_err(failure)?;
    let name = file.name();
    let shared = match order.mode {
        Mode::Mount => marked(url, &file)
            .await
            .map(|mark| bench.stores.shared_copy(&mark)),
        Mode::Copy | Mode::Direct => None,
    };
    if let Some(shared) = &shared
        && shared.join(&name).is_file()
    {
        return Ok(shared.join(name));
    }
    let folder = Work::folder(&bench.work.inputs, order.name)?;
    let target = folder.join(&name);
    let got = file
        .download(
            &target,
            &counter(bench.teller, format!("downloading input {}", order.name)),
        )
        .await
        .map_err(failure)?;
    if let Some(expected) = expected {
        let path = SafePath::parse(name.clone()).map_err(failure)?;
        let entry = Entry {
            path,
            size_bytes: got.size_bytes,
            hash: got.hash,
            executable: false,
            hint: Hint::None,
        };
        expected
            .expect_same(&Manifest::new(vec![entry]).map_err(failure)?)
            .map_err(failure)?;
    }
    match shared {
        Some(shared) => Ok(share(&folder, &shared)?.join(name)),
        None => Ok(target),
    }
}

/// A name for exactly these bytes as far as the server tells; `None` when it does not.
async fn marked(url: &str, file: &HttpFile) -> Option<String> {
    let meta = file.head().await.ok()?;
    match meta.hint {
        Hint::Etag(etag) => Some(Hash::of(format!("{url}\n{}\n{etag}", meta.size_bytes).as_bytes()).to_hex()),
        Hint::None | Hint::Local { .. } => None,
    }
}
