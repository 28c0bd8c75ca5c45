//! The folders of a version, made of the paths of its files: a number for each file and folder, as the kernel wants it.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use crate::client::inside;
use crate::error::{Error, Result};

/// The number of the folder that holds all.
pub const ROOT: u64 = 1;

/// A file or a folder.
#[derive(Debug)]
pub enum Node {
    /// A folder: the folder above it, and what is in it by name.
    Folder {
        /// The number of the folder above.
        above: u64,
        /// Numbers by name.
        inside: BTreeMap<String, u64>,
    },
    /// The file of this place in the list.
    File(usize),
}

/// All files and folders; the number of one is its place, from 1.
#[derive(Debug)]
pub struct Folders(Vec<Node>);

impl Folders {
    /// The folders of these files.
    ///
    /// # Errors
    /// A path that would leave its folder, and a file where another one needs a folder.
    pub fn of<'a>(files: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut all = Self(vec![Node::Folder {
            above: ROOT,
            inside: BTreeMap::new(),
        }]);
        for (place, path) in files.enumerate() {
            inside(path)?;
            let mut at = ROOT;
            let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
            while let Some(part) = parts.next() {
                let node = match parts.peek() {
                    Some(_) => None,
                    None => Some(Node::File(place)),
                };
                at = all.enter(at, part, node).ok_or_else(|| {
                    Error::failed(format!(
                        "failed to mount: `{path}` and another file of the version cannot both be there"
                    ))
                })?;
            }
        }
        Ok(all)
    }

    /// Goes into a folder, which is made where it is not there; or puts a file there. `None` where something else is.
    fn enter(&mut self, at: u64, name: &str, file: Option<Node>) -> Option<u64> {
        let next = self.0.len() as u64 + 1;
        let Node::Folder { inside, .. } = self.0.get_mut(usize::try_from(at).ok()?.checked_sub(1)?)? else {
            return None;
        };
        if let Some(there) = inside.get(name).copied() {
            let is_folder = matches!(self.get(there), Some(Node::Folder { .. }));
            return (file.is_none() && is_folder).then_some(there);
        }
        inside.insert(name.to_owned(), next);
        self.0.push(file.unwrap_or_else(|| Node::Folder {
            above: at,
            inside: BTreeMap::new(),
        }));
        Some(next)
    }

    /// What has this number.
    pub fn get(&self, number: u64) -> Option<&Node> {
        self.0.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The number of what lies in a folder by this name.
    pub fn find(&self, folder: u64, name: &OsStr) -> Option<u64> {
        match self.get(folder)? {
            Node::Folder { inside, .. } => inside.get(name.to_str()?).copied(),
            Node::File(_) => None,
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_folders_with_numbers() {
        let all = Folders::of(["2013/01/a.csv", "2013/b.csv", "c.csv"].into_iter()).expect("they fit");
        let find = |path: &str| {
            path.split('/')
                .try_fold(ROOT, |at, part| all.find(at, OsStr::new(part)))
        };
        assert_eq!(all.count(), 6);
        for (path, place) in [("2013/01/a.csv", 0), ("2013/b.csv", 1), ("c.csv", 2)] {
            let number = find(path).expect(path);
            assert!(
                matches!(all.get(number), Some(Node::File(at)) if *at == place),
                "{path}"
            );
        }
        let above = match find("2013/01").and_then(|number| all.get(number)) {
            Some(Node::Folder { above, .. }) => *above,
            other => panic!("{other:?}"),
        };
        assert_eq!(Some(above), find("2013"));
        assert!(find("2013/02").is_none() && find("c.csv/x").is_none() && all.get(0).is_none());
    }

    #[test]
    fn files_in_each_others_way_and_outside_are_refused() {
        for paths in [["a", "a/b"], ["a/b", "a"], ["a", "a"], ["x", "../y"]] {
            assert!(Folders::of(paths.into_iter()).is_err(), "{paths:?}");
        }
    }
}
