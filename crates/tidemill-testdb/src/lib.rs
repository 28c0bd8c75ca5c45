//! Fresh databases for tests: SQLite in a file, PostgreSQL in a private cluster.
//!
//! ```no_run
//! for database in tidemill_testdb::databases() {
//!     println!("{} at {}", database.kind, database.url);
//! }
//! ```
//!
//! PostgreSQL is used where its programs are installed. Where they are not, one line says so, and tests run on SQLite
//! alone; with `CI` set, that is a failure.

mod cluster;
mod programs;

use tempfile::TempDir;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SQLite in a temporary file.
    Sqlite,
    /// PostgreSQL in the private cluster.
    Postgres,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// An empty database of its own; gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// Which database it is.
    pub kind: Kind,
    /// `sqlite:PATH` or `postgresql://…`.
    pub url: String,
    /// What goes when this is dropped.
    _keep: Keep,
}

#[derive(Debug)]
enum Keep {
    #[expect(dead_code, reason = "held for its drop")]
    Folder(TempDir),
    #[expect(dead_code, reason = "held for its drop")]
    Database(cluster::Database),
}

/// An empty database of each kind that there is here.
pub fn databases() -> Vec<TestDatabase> {
    std::iter::once(sqlite()).chain(postgres()).collect()
}

/// An empty SQLite file.
pub fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite:{}", folder.path().join("tidemill.db").display());
    TestDatabase {
        kind: Kind::Sqlite,
        url,
        _keep: Keep::Folder(folder),
    }
}

/// An empty PostgreSQL database, in a cluster that the tests of a machine share while they run.
///
/// # Panics
/// When the cluster does not start, or when `CI` is set and PostgreSQL is not installed.
pub fn postgres() -> Option<TestDatabase> {
    let Some(programs) = programs::find() else {
        let why = "PostgreSQL is not installed (`apt-get install postgresql`)";
        assert!(!in_ci(), "{why}: in CI its tests may not be left out");
        eprintln!("{why}: tested on SQLite only");
        return None;
    };
    let database = cluster::Database::create(&programs)
        .unwrap_or_else(|error| panic!("failed to make a PostgreSQL database for a test: {error}"));
    Some(TestDatabase {
        kind: Kind::Postgres,
        url: database.url(),
        _keep: Keep::Database(database),
    })
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_its_own() {
        let (one, other) = (databases(), databases());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.kind, other.kind);
            assert_ne!(one.url, other.url);
        }
    }
}
