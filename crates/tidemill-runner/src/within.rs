//! The runner reaches more than a job: it follows no link of a job to where the job itself could not go.

use crate::failure::Failure;
use std::path::Path;

/// Refuses a path that leads out of `root`, by whatever links. Of what is not there, as much as is there counts.
pub(crate) fn within(root: &Path, path: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::io(&format!("find {}", path.display()), error);
    let there = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    let real = there.canonicalize().map_err(failed)?;
    if real.starts_with(root.canonicalize().map_err(failed)?) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "failed to use {}: it is a link that leads out of {}, to {}",
        path.display(),
        root.display(),
        real.display()
    )))
}

/// The same, and where `links` are not followed, the path itself: none may stand on its way.
pub(crate) fn within_as(root: &Path, path: &Path, links: bool) -> Result<(), Failure> {
    within(root, path)?;
    let failed = |error| Failure::io(&format!("find {}", path.display()), error);
    let there = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    let real = there.canonicalize().map_err(failed)?;
    let real_root = root.canonicalize().map_err(failed)?;
    let is_itself = |inside: &Path| real == real_root.join(inside);
    if links || there.strip_prefix(root).is_ok_and(is_itself) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "failed to use {}: a link stands on its way, and links are not followed where access to a datastore is given by folder",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_out_is_refused_wherever_it_stands_on_the_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("own")).expect("made");
        std::fs::create_dir_all(folder.path().join("keys/deep")).expect("made");
        symlink(folder.path().join("keys"), root.join("out")).expect("made");
        symlink("own", root.join("in")).expect("made");
        for fine in ["own", "in", "absent", "in/absent"] {
            within(&root, &root.join(fine)).expect(fine);
        }
        for refused in ["out", "out/deep", "out/absent", "own/../out"] {
            let error = within(&root, &root.join(refused)).expect_err(refused);
            assert!(error.to_string().contains("leads out of"), "{error}");
        }
    }

    #[test]
    fn a_link_inside_is_refused_where_none_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a folder").join("root");
        std::fs::create_dir_all(root.join("own/deep")).expect("made");
        symlink("own", root.join("in")).expect("made");
        for fine in ["own", "own/deep", "absent", "own/absent"] {
            within_as(&root, &root.join(fine), false).expect(fine);
        }
        for refused in ["in", "in/deep", "in/absent"] {
            within_as(&root, &root.join(refused), true).expect(refused);
            let error = within_as(&root, &root.join(refused), false).expect_err(refused);
            assert!(error.to_string().contains("by folder"), "{error}");
        }
    }
}
