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
