//! What was deleted long ago is removed for good: runs with all that they logged, jobs with their steps, then experiments
//! without runs.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query};

use crate::Result;
use crate::tag::Noun;

/// A run that is to go, and where its artifacts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The workspace.
    pub workspace: String,
    /// The run.
    pub run_id: String,
    /// The root of its artifacts.
    pub artifact_uri: String,
}

/// Runs that were deleted at this time or before, the oldest first. The runs of jobs go with their job: [`jobs`].
pub async fn runs(db: &impl ConnectionTrait, until_ms: i64, most: u64) -> Result<Vec<Gone>> {
    let mut jobs = Query::select();
    jobs.expr(Expr::value(1))
        .from_as("job", "j")
        .and_where(Expr::col(("j", "workspace")).eq(Expr::col(("run", "workspace"))))
        .and_where(Expr::col(("j", "name")).eq(Expr::col(("run", "run_id"))));
    let mut select = Query::select();
    select
        .columns(["workspace", "run_id", "artifact_uri"])
        .from("run")
        .and_where(Expr::col("deleted_at").is_not_null())
        .and_where(Expr::col("deleted_at").lte(until_ms))
        .and_where(Expr::not_exists(jobs))
        .order_by("deleted_at", Order::Asc)
        .limit(most);
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            Ok(Gone {
                workspace: row.try_get("", "workspace")?,
                run_id: row.try_get("", "run_id")?,
                artifact_uri: row.try_get("", "artifact_uri")?,
            })
        })
        .collect()
}

/// Removes a run with its points, parameters, tags and inputs, unless it was restored meanwhile; says whether it is
/// gone.
pub async fn remove_run(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    until_ms: i64,
) -> Result<bool> {
    let mut delete = Query::delete();
    delete
        .from_table("run")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("run_id").eq(run_id))
        .and_where(Expr::col("deleted_at").lte(until_ms));
    if db.execute(&delete).await?.rows_affected() == 0 {
        return Ok(false);
    }
    remove_logged(db, workspace, run_id).await?;
    Ok(true)
}

/// Jobs that ended and whose run was deleted at this time or before, as (workspace, name), the oldest first. A step goes
/// with its pipeline, and what another job took over stays as long as that one.
pub async fn jobs(db: &impl ConnectionTrait, until_ms: i64, most: u64) -> Result<Vec<(String, String)>> {
    let of = |table: &'static str, column: &'static str| Expr::col((table, column));
    let mut taken = Query::select();
    taken
        .expr(Expr::value(1))
        .from_as("job", "mine")
        .join_as(
            JoinType::InnerJoin,
            "job",
            "other",
            of("other", "workspace")
                .eq(of("mine", "workspace"))
                .and(of("other", "reused_from").eq(of("mine", "name")))
                .and(of("other", "root").ne(of("mine", "root"))),
        )
        .and_where(of("mine", "workspace").eq(of("job", "workspace")))
        .and_where(of("mine", "root").eq(of("job", "name")));
    let mut select = Query::select();
    select
        .expr_as(of("job", "workspace"), "workspace")
        .expr_as(of("job", "name"), "name")
        .from("run")
        .join(
            JoinType::InnerJoin,
            "job",
            of("job", "workspace")
                .eq(of("run", "workspace"))
                .and(of("job", "name").eq(of("run", "run_id"))),
        )
        .and_where(of("run", "deleted_at").is_not_null())
        .and_where(of("run", "deleted_at").lte(until_ms))
        .and_where(of("job", "parent").is_null())
        .and_where(of("job", "status").is_in(["Completed", "Failed", "Canceled"]))
        .and_where(Expr::not_exists(taken))
        .order_by(("run", "deleted_at"), Order::Asc)
        .limit(most);
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "workspace")?, row.try_get("", "name")?)))
        .collect()
}

/// Removes a job with its steps, their runs and their lineage, unless its run was restored meanwhile; says whether it is
/// gone.
pub async fn remove_job(
    db: &impl ConnectionTrait,
    workspace: &str,
    root: &str,
    names: &[String],
    until_ms: i64,
) -> Result<bool> {
    let mut delete = Query::delete();
    delete
        .from_table("run")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("run_id").eq(root))
        .and_where(Expr::col("deleted_at").lte(until_ms));
    if db.execute(&delete).await?.rows_affected() == 0 {
        return Ok(false);
    }
    for name in names {
        for (table, column) in [("run", "run_id"), ("lineage", "job"), ("job", "name")] {
            let mut delete = Query::delete();
            delete
                .from_table(table)
                .and_where(Expr::col("workspace").eq(workspace))
                .and_where(Expr::col(column).eq(name.as_str()));
            db.execute(&delete).await?;
        }
        remove_logged(db, workspace, name).await?;
    }
    Ok(true)
}

async fn remove_logged(db: &impl ConnectionTrait, workspace: &str, run_id: &str) -> Result<()> {
    crate::metric::delete_run(db, workspace, run_id).await?;
    for table in ["tag", "param"] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("noun").eq(Noun::Run.as_str()))
            .and_where(Expr::col("owner").eq(run_id));
        db.execute(&delete).await?;
    }
    for table in ["run_input", "run_model"] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("run_id").eq(run_id));
        db.execute(&delete).await?;
    }
    Ok(())
}

/// Removes experiments that were deleted at this time or before and hold nothing any more; gives how many.
pub async fn remove_experiments(db: &impl ConnectionTrait, until_ms: i64) -> Result<u64> {
    let mut select = Query::select();
    select
        .columns(["workspace", "experiment_id"])
        .from("experiment")
        .and_where(Expr::col("lifecycle_stage").eq("deleted"))
        .and_where(Expr::col("updated_at").lte(until_ms))
        .and_where(Expr::col("experiment_id").ne(0_i64));
    for table in ["run", "logged_model", "trace_info"] {
        let mut held = Query::select();
        held.expr(Expr::value(1))
            .from_as(table, "h")
            .and_where(Expr::col(("h", "workspace")).eq(Expr::col(("experiment", "workspace"))))
            .and_where(Expr::col(("h", "experiment_id")).eq(Expr::col(("experiment", "experiment_id"))));
        select.and_where(Expr::not_exists(held));
    }
    let mut gone = 0;
    for row in db.query_all(&select).await? {
        let (workspace, id): (String, i64) =
            (row.try_get("", "workspace")?, row.try_get("", "experiment_id")?);
        crate::tag::delete_all(db, &workspace, Noun::Experiment, &id.to_string()).await?;
        crate::review_queue::delete_all(db, &workspace, id).await?;
        for table in ["dataset", "scorer", "experiment"] {
            let mut delete = Query::delete();
            delete
                .from_table(table)
                .and_where(Expr::col("workspace").eq(workspace.as_str()))
                .and_where(Expr::col("experiment_id").eq(id));
            db.execute(&delete).await?;
        }
        gone += 1;
    }
    Ok(gone)
}
