//! Which trees anything of the database names: versions, models, deployments, releases, schedules, published pipelines, jobs that run,
//! and the code of jobs that ran. What a job that ended read does not count: its data may go.

use std::collections::HashSet;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};

use crate::Result;

/// Rows that are read at a time.
const AT_ONCE: u64 = 500;
/// States of jobs that ended.
const ENDED: [&str; 4] = ["Completed", "Failed", "Canceled", "Skipped"];

/// Tables with their keys, and the columns whose texts may name trees.
const TABLES: [(&str, &[&str], &[&str]); 7] = [
    (
        "model_version",
        &["workspace", "name", "version"],
        &["source", "storage_location", "properties"],
    ),
    (
        "online_deployment",
        &["workspace", "endpoint", "name"],
        &["plan", "spec"],
    ),
    (
        "deployment_instance",
        &["workspace", "endpoint", "deployment", "number"],
        &["plan"],
    ),
    (
        "release_number",
        &["workspace", "name", "number"],
        &["plan", "spec"],
    ),
    ("published_pipeline", &["workspace", "name", "version"], &["spec"]),
    ("schedule", &["workspace", "name"], &["spec", "job"]),
    ("model_validation", &["id"], &["spec"]),
];

/// Of these trees, in hex, those that are named by anything but the data versions `but` (workspace, name, version).
pub async fn named(
    db: &impl ConnectionTrait,
    trees: &HashSet<String>,
    but: &HashSet<(String, String, String)>,
) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for (table, key, columns) in TABLES {
        each(db, table, key, columns, None, |texts| {
            texts.iter().for_each(|text| look(text, trees, &mut found));
        })
        .await?;
    }
    let key = ["workspace", "kind", "name", "version"];
    let columns = ["workspace", "kind", "name", "version", "uri", "spec"];
    each(db, "asset_version", &key, &columns, None, |texts| {
        let [workspace, kind, name, version, uri, spec] = texts else {
            return;
        };
        let is_out = kind == "data" && but.contains(&(workspace.clone(), name.clone(), version.clone()));
        if !is_out {
            look(uri, trees, &mut found);
            look(spec, trees, &mut found);
        }
    })
    .await?;
    let key = ["workspace", "name"];
    each(db, "job", &key, &["plan", "spec"], Some(false), |texts| {
        texts.iter().for_each(|text| look(text, trees, &mut found));
    })
    .await?;
    each(db, "job", &key, &["plan"], Some(true), |texts| {
        texts
            .iter()
            .for_each(|text| look_for_code(text, trees, &mut found));
    })
    .await?;
    Ok(found)
}

/// Reads the texts of a table; of jobs those that ended, or those that did not.
async fn each(
    db: &impl ConnectionTrait,
    table: &'static str,
    key: &[&'static str],
    columns: &[&'static str],
    ended: Option<bool>,
    mut told: impl FnMut(&[String]),
) -> Result<()> {
    let mut offset = 0;
    loop {
        let mut select = Query::select();
        select
            .columns(columns.iter().copied())
            .from(table)
            .limit(AT_ONCE)
            .offset(offset);
        for column in key {
            select.order_by(*column, Order::Asc);
        }
        match ended {
            Some(true) => _ = select.and_where(Expr::col("status").is_in(ENDED)),
            Some(false) => _ = select.and_where(Expr::col("status").is_not_in(ENDED)),
            None => {}
        }
        let rows = db.query_all(&select).await?;
        for row in &rows {
            let texts: Vec<String> = columns
                .iter()
                .map(|column| Ok(row.try_get::<Option<String>>("", column)?.unwrap_or_default()))
                .collect::<Result<_>>()?;
            told(&texts);
        }
        if (rows.len() as u64) < AT_ONCE {
            return Ok(());
        }
        offset += AT_ONCE;
    }
}

/// Every word of 64 hex digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_hexdigit())
        .filter(|word| word.len() == 64)
}

fn look(text: &str, trees: &HashSet<String>, found: &mut HashSet<String>) {
    found.extend(
        words(text)
            .filter(|word| trees.contains(*word))
            .map(str::to_owned),
    );
}

/// The tree of a job's code: `"code":"…"`, at any depth of its plan.
fn look_for_code(plan: &str, trees: &HashSet<String>, found: &mut HashSet<String>) {
    for part in plan.split("\"code\":\"").skip(1) {
        found.extend(
            words(part.split('"').next().unwrap_or_default())
                .filter(|word| trees.contains(*word))
                .map(str::to_owned),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_found_wherever_they_are_named_and_code_alone_where_that_counts() {
        let (one, two) = ("a".repeat(64), "b".repeat(64));
        let trees = HashSet::from([one.clone(), two.clone()]);
        let plan =
            format!("{{\"code\":\"{one}\",\"inputs\":{{\"d\":{{\"source\":{{\"tree\":\"{two}\"}}}}}}}}");
        let mut found = HashSet::new();
        look_for_code(&plan, &trees, &mut found);
        assert_eq!(found, HashSet::from([one.clone()]));
        look(&plan, &trees, &mut found);
        assert_eq!(found.len(), 2);
        let mut none = HashSet::new();
        look(
            &format!("{one}a tidemill://trees/{}", "c".repeat(64)),
            &trees,
            &mut none,
        );
        assert!(none.is_empty());
    }
}
