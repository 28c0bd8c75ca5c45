//! The lock: exactly which Python and which bytes make an environment. Its digest is the environment's identity.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of the lock's own format.
pub const LOCK_FORMAT: u32 = 1;

/// A kind of machine: `linux`, `x86_64`, `gnu`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, `macos`, `windows`.
    pub os: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// `gnu`, `musl`, or empty where the question does not arise.
    #[serde(default)]
    pub libc: String,
}

impl Platform {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        let os = std::env::consts::OS.to_owned();
        let libc = match os.as_str() {
            "linux" if has_musl_loader() => "musl",
            "linux" => "gnu",
            _ => "",
        };
        Self {
            os,
            arch: std::env::consts::ARCH.to_owned(),
            libc: libc.to_owned(),
        }
    }
}

/// Alpine and its kin have musl's loader and no GNU one.
fn has_musl_loader() -> bool {
    let arch = std::env::consts::ARCH;
    let exists = |path: String| std::path::Path::new(&path).exists();
    exists(format!("/lib/ld-musl-{arch}.so.1"))
        && !exists("/lib64/ld-linux-x86-64.so.2".into())
        && !exists(format!("/lib/ld-linux-{arch}.so.1"))
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.os, self.arch)?;
        if self.libc.is_empty() {
            Ok(())
        } else {
            write!(f, "-{}", self.libc)
        }
    }
}

/// The interpreter of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedPython {
    /// In full: `3.10.13`.
    pub version: String,
    /// `cpython`.
    pub implementation: String,
}

/// Where a Python package comes from. Which mirror or folder served it is not part of a lock: its hashes are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A package index or a folder of wheels.
    Index,
    /// The wheels that the interpreter itself carries (`pip`, `setuptools`).
    Bundled,
    /// A URL of its own (a Git commit, an archive).
    Url(String),
}

/// One Python package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Normalized name.
    pub name: String,
    /// Version; empty where a URL stands for it.
    pub version: String,
    /// `sha256:…` of each file that may be installed, sorted.
    pub hashes: Vec<String>,
    /// Where it comes from.
    pub source: Source,
}

/// One conda package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChannelPackage {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Build string.
    pub build: String,
    /// `linux-64`, `noarch`.
    pub subdir: String,
    /// File name in its subdir.
    pub file_name: String,
    /// Hex SHA-256 of the archive.
    pub sha256: String,
    /// Its channel's record of it, as JSON: where it is, and how it is laid. Not part of the identity.
    pub record: String,
}

/// Exactly what an environment is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// [`LOCK_FORMAT`].
    pub format: u32,
    /// The interpreter.
    pub python: LockedPython,
    /// The kind of machine.
    pub platform: Platform,
    /// Python packages, sorted by name.
    pub packages: Vec<Package>,
    /// Conda packages, sorted by name; the interpreter is among them if any are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channel_packages: Vec<ChannelPackage>,
    /// Environment variables that the specification sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

impl Lock {
    /// BLAKE3 over the canonical form, in hex: the environment's identity, the same on every data folder.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut canonical = self.clone();
        canonical
            .packages
            .iter_mut()
            .for_each(|package| package.hashes.sort());
        canonical.packages.sort();
        canonical
            .channel_packages
            .iter_mut()
            .for_each(|package| package.record.clear());
        canonical.channel_packages.sort();
        let bytes = serde_json::to_vec(&canonical)
            .expect("a lock is made of strings and lists, which JSON can write");
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"tidemill environment lock\n");
        hasher.update(&bytes);
        hasher.finalize().to_hex().to_string()
    }

    /// Whether the interpreter is a conda package, rather than one of this machine's.
    #[must_use]
    pub fn has_channel_python(&self) -> bool {
        self.channel_packages
            .iter()
            .any(|package| package.name == "python")
    }

    /// Packages of both kinds.
    #[must_use]
    pub fn package_count(&self) -> usize {
        self.packages.len() + self.channel_packages.len()
    }

    /// The Python packages in the form that installers read, each with its hashes.
    #[must_use]
    pub fn requirements(&self) -> String {
        let mut text = String::new();
        for package in self.packages.iter().filter(|p| p.source != Source::Bundled) {
            match &package.source {
                Source::Url(url) => text.push_str(&format!("{} @ {url}", package.name)),
                Source::Index | Source::Bundled => {
                    text.push_str(&format!("{}=={}", package.name, package.version))
                }
            }
            for hash in &package.hashes {
                text.push_str(&format!(" \\\n    --hash={hash}"));
            }
            text.push('\n');
        }
        text
    }

    /// Whether each installable package has a hash (a Git commit has none: the commit is its own).
    #[must_use]
    pub fn fully_hashed(&self) -> bool {
        self.packages.iter().all(|package| !package.hashes.is_empty())
    }
}

/// Reads what the solver wrote: `name==1.2 \` followed by indented `--hash=…` lines.
///
/// # Errors
/// The line that is neither.
pub(crate) fn read_compiled(text: &str) -> Result<Vec<Package>, String> {
    let joined = text.replace("\\\n", " ");
    let mut packages = Vec::new();
    for line in joined
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        if line.starts_with("--") {
            continue; // Where it was found is not part of the lock.
        }
        let (head, tail) = line
            .split_once(" --hash=")
            .map_or((line, String::new()), |(h, t)| (h, format!("--hash={t}")));
        let mut hashes: Vec<String> = tail
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("--hash="))
            .map(str::to_owned)
            .collect();
        hashes.sort();
        let head = head
            .split_once(" ; ")
            .map_or(head, |(requirement, _marker)| requirement)
            .trim();
        let package = if let Some((name, url)) = head.split_once(" @ ") {
            let source = Source::Url(url.trim().to_owned());
            Package {
                name: normalize(name),
                version: String::new(),
                hashes,
                source,
            }
        } else if let Some((name, version)) = head.split_once("==") {
            Package {
                name: normalize(name),
                version: version.trim().to_owned(),
                hashes,
                source: Source::Index,
            }
        } else {
            return Err(format!("`{line}` is no pinned requirement"));
        };
        packages.push(package);
    }
    packages.sort();
    Ok(packages)
}

/// A package name as PEP 503 normalizes it, without extras.
#[must_use]
pub fn normalize(name: &str) -> String {
    let name = name.split('[').next().unwrap_or(name).trim();
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.push(c.to_ascii_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(packages: Vec<Package>) -> Lock {
        Lock {
            format: LOCK_FORMAT,
            python: LockedPython {
                version: "3.10.13".into(),
                implementation: "cpython".into(),
            },
            platform: Platform {
                os: "linux".into(),
                arch: "x86_64".into(),
                libc: "gnu".into(),
            },
            packages,
            channel_packages: Vec::new(),
            variables: BTreeMap::new(),
        }
    }

    #[test]
    fn the_solvers_output_is_read() {
        let text = "# made by\nsix==1.17.0 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n    # via x\n--find-links /w\nZope.Interface==5 ; python_version < '4' \\\n    --hash=sha256:cc\nthing @ git+https://host/x@abc\n";
        let packages = read_compiled(text).unwrap();
        let names: Vec<_> = packages
            .iter()
            .map(|p| (p.name.as_str(), p.version.as_str(), p.hashes.len()))
            .collect();
        assert_eq!(
            names,
            [("six", "1.17.0", 2), ("thing", "", 0), ("zope-interface", "5", 1)]
        );
        assert_eq!(packages[0].hashes, ["sha256:aa", "sha256:bb"]);
        assert!(read_compiled("what is this").is_err());
    }

    #[test]
    fn the_digest_does_not_depend_on_order() {
        let one = Package {
            name: "a".into(),
            version: "1".into(),
            hashes: vec!["x".into(), "y".into()],
            source: Source::Index,
        };
        let two = Package {
            name: "b".into(),
            version: "1".into(),
            hashes: vec![],
            source: Source::Bundled,
        };
        let mut turned = one.clone();
        turned.hashes.reverse();
        assert_eq!(
            lock(vec![one.clone(), two.clone()]).digest(),
            lock(vec![two.clone(), turned]).digest()
        );
        assert_ne!(lock(vec![one]).digest(), lock(vec![two]).digest());
    }

    #[test]
    fn names_are_normalized() {
        for (given, expected) in [
            ("Zope.Interface", "zope-interface"),
            ("a__b", "a-b"),
            ("ray[default]", "ray"),
        ] {
            assert_eq!(normalize(given), expected);
        }
    }
}
