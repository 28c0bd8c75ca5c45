//! Opening a store on each database, and rows to begin with.

use tidemill_query::{Comparison, Order, Subject, parse_filter, parse_order};
use tidemill_store::page::PageRequest;
use tidemill_store::search::Window;
use tidemill_store::{Store, StoreOptions, experiment, workspace};
use tidemill_testdb::{TestDatabase, databases};

/// The moment at which everything happens: UTC milliseconds.
pub const NOW: i64 = 1_700_000_000_000;
/// The workspace that [`on_each`] makes.
pub const WS: &str = "default";

/// Runs a change in a transaction of its own, and gives what it returns.
macro_rules! change {
    ($store:expr, |$tx:ident| $body:expr) => {
        $store
            .write::<_, tidemill_store::StoreError, _>(move |$tx| Box::pin(async move { $body }))
            .await
            .expect("the change is written")
    };
}
pub(crate) use change;

/// Runs a test on each database, each time with an empty workspace [`WS`].
pub async fn on_each(test: impl AsyncFn(&Store)) {
    for database in databases() {
        // Shown when the test fails.
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        test(&store).await;
        store.close().await.expect("the store closes");
    }
}

/// Opens the store of a database.
pub async fn open(database: &TestDatabase) -> Store {
    Store::open(&options(database))
        .await
        .expect("a fresh database opens")
}

/// How to open a database.
pub fn options(database: &TestDatabase) -> StoreOptions {
    StoreOptions {
        url: database.url.clone(),
        connections: 4,
    }
}

/// Makes a workspace with its experiment `0`.
pub async fn make_workspace(store: &Store, name: &'static str) {
    change!(store, |tx| {
        workspace::put(tx, workspace_row(name)).await?;
        experiment::ensure_default(tx, name, NOW).await
    });
}

/// A workspace as it is at first.
pub fn workspace_row(name: &str) -> workspace::Model {
    workspace::Model {
        name: name.into(),
        group_name: "default".into(),
        display_name: name.to_uppercase(),
        spec: "{}".into(),
        revision: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A filter as people write it.
pub fn filter(subject: Subject, text: &str) -> Vec<Comparison> {
    parse_filter(subject, text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Orderings as people write them.
pub fn order(subject: Subject, texts: &[&str]) -> Vec<Order> {
    texts
        .iter()
        .map(|text| parse_order(subject, text).expect(text))
        .collect()
}

/// Pairs of texts.
pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// The first rows.
pub const ALL: Window = Window {
    offset: 0,
    limit: 100,
};

/// A page of `limit` rows after `after`.
pub fn page(limit: u64, after: Option<&str>) -> PageRequest {
    PageRequest {
        limit,
        after: after.map(str::to_owned),
    }
}
