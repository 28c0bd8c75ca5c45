//! Tokens.

use tidemill_store::token;

use crate::support::*;

fn of_job(hash: &str, job: &str) -> token::Model {
    token::Model {
        hash: hash.into(),
        kind: "job".into(),
        workspace: Some(WS.into()),
        job: Some(job.into()),
        attempt: Some(1),
        created_at: NOW,
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_token_counts_until_its_job_ends() {
    on_each(async |store| {
        change!(store, |tx| {
            token::insert(tx, of_job("aa", "train")).await?;
            token::insert(tx, of_job("bb", "train")).await?;
            token::insert(tx, of_job("cc", "other")).await
        });
        assert_eq!(
            token::find(store.read(), "aa").await.unwrap(),
            Some(of_job("aa", "train"))
        );
        change!(store, |tx| token::revoke_job(tx, WS, "train", NOW + 1).await);
        assert_eq!(token::find(store.read(), "aa").await.unwrap(), None);
        assert_eq!(token::find(store.read(), "bb").await.unwrap(), None);
        assert!(token::find(store.read(), "cc").await.unwrap().is_some());
        assert_eq!(token::find(store.read(), "dd").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_there_stays_as_it_is() {
    on_each(async |store| {
        change!(store, |tx| token::insert(tx, of_job("aa", "train")).await);
        change!(store, |tx| token::insert(tx, of_job("aa", "thief")).await);
        assert_eq!(
            token::find(store.read(), "aa").await.unwrap(),
            Some(of_job("aa", "train"))
        );
        // One that was ended is not brought back either.
        change!(store, |tx| token::revoke_job(tx, WS, "train", NOW).await);
        change!(store, |tx| token::insert(tx, of_job("aa", "train")).await);
        assert_eq!(token::find(store.read(), "aa").await.unwrap(), None);
    })
    .await;
}
