//! Whether a channel answers. Asked once a process: a channel that is away stays away for this job.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use rattler_conda_types::Subdir;

use crate::error::EnvError;
use crate::process::Journal;

/// How long a channel may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(3);

static KNOWN: LazyLock<Mutex<BTreeMap<String, bool>>> = LazyLock::new(Mutex::default);

/// Splits `channels` into those that answer and those that do not, in their order.
pub(crate) fn reachable(
    channels: &[String],
    data_dir: &Path,
    journal: &Journal<'_>,
) -> Result<(Vec<String>, Vec<String>), EnvError> {
    let (mut there, mut away) = (Vec::new(), Vec::new());
    for name in channels {
        let url = super::channel(name, data_dir)?.platform_url(Subdir::NoArch);
        if journal.offline && url.scheme() != "file" {
            away.push(name.clone());
            continue;
        }
        let known = KNOWN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(url.as_str())
            .copied();
        let answers = match known {
            Some(answers) => answers,
            None => {
                let answers = match url.to_file_path() {
                    Ok(path) if url.scheme() == "file" => path.parent().is_some_and(Path::is_dir),
                    _ => super::block_on(journal, &|| (), async { Ok(asks(url.as_str()).await) })?,
                };
                KNOWN
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(url.to_string(), answers);
                answers
            }
        };
        if answers {
            there.push(name.clone())
        } else {
            away.push(name.clone())
        }
    }
    Ok((there, away))
}

/// Any answer at all is one; what is in the channel is the solver's business.
async fn asks(url: &str) -> bool {
    let client = reqwest_conda::Client::builder()
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .build();
    match client {
        Ok(client) => client.head(format!("{url}repodata.json")).send().await.is_ok(),
        Err(_) => false,
    }
}
