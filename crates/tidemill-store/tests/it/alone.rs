//! One server a database.

use tidemill_store::StoreError;
use tidemill_store::alone::Alone;

#[tokio::test]
async fn a_second_server_on_one_postgresql_database_is_refused_until_the_first_is_gone() {
    let Some(database) = tidemill_testdb::postgres() else {
        return;
    };
    let other = tidemill_testdb::postgres().expect("there was one before");
    let first = Alone::take(&database.url).await.expect("it is free");
    let refused = Alone::take(&database.url).await.expect_err("it is taken");
    assert!(
        matches!(&refused, StoreError::Shared { holder } if holder.starts_with("session ")),
        "{refused}"
    );
    assert!(refused.to_string().contains("--database"), "{refused}");
    Alone::take(&other.url)
        .await
        .expect("another database is another matter");
    drop(first);
    Alone::take(&database.url).await.expect("it is free again");
}

#[tokio::test]
async fn a_server_whose_session_was_cut_off_takes_the_database_again_unless_another_has_it() {
    use sea_orm::{ConnectionTrait, Database};
    use std::time::Duration;
    let Some(database) = tidemill_testdb::postgres() else {
        return;
    };
    let first = Alone::take(&database.url).await.expect("it is free");
    let admin = Database::connect(&database.url).await.expect("connects");
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    admin.execute_unprepared(cut).await.expect("it is cut off");
    // It looks every five seconds.
    assert!(
        tokio::time::timeout(Duration::from_secs(8), first.lost())
            .await
            .is_err(),
        "nobody else has it"
    );
    Alone::take(&database.url).await.expect_err("it has it again");
    admin.execute_unprepared(cut).await.expect("it is cut off");
    let _second = Alone::take(&database.url).await.expect("it is free for a moment");
    tokio::time::timeout(Duration::from_secs(10), first.lost())
        .await
        .expect("the first one hears of it");
}
