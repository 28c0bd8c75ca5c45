//! Bringing a database to the schema of this program: all missing steps in one transaction.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

use crate::{Result, StoreError};

/// One step of the schema. The SQL is what SQLite and PostgreSQL both speak. A step that has been released is never
/// changed; the next one repairs it.
struct Migration {
    version: i64,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("migrations/0001_base.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("migrations/0002_tracking.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("migrations/0003_assets.sql"),
    },
    Migration {
        version: 4,
        sql: include_str!("migrations/0004_jobs.sql"),
    },
    Migration {
        version: 5,
        sql: include_str!("migrations/0005_mlflow.sql"),
    },
    Migration {
        version: 6,
        sql: include_str!("migrations/0006_metric_series.sql"),
    },
    Migration {
        version: 7,
        sql: include_str!("migrations/0007_job_tries.sql"),
    },
    Migration {
        version: 8,
        sql: include_str!("migrations/0008_run_keyset.sql"),
    },
    Migration {
        version: 9,
        sql: include_str!("migrations/0009_access.sql"),
    },
    Migration {
        version: 10,
        sql: include_str!("migrations/0010_audit_chain.sql"),
    },
    Migration {
        version: 11,
        sql: include_str!("migrations/0011_vault.sql"),
    },
    Migration {
        version: 12,
        sql: include_str!("migrations/0012_policy.sql"),
    },
    Migration {
        version: 13,
        sql: include_str!("migrations/0013_infra.sql"),
    },
    Migration {
        version: 14,
        sql: include_str!("migrations/0014_endpoints.sql"),
    },
    Migration {
        version: 15,
        sql: include_str!("migrations/0015_releases.sql"),
    },
    Migration {
        version: 16,
        sql: include_str!("migrations/0016_identity.sql"),
    },
    Migration {
        version: 17,
        sql: include_str!("migrations/0017_data_validations.sql"),
    },
    Migration {
        version: 18,
        sql: include_str!("migrations/0018_model_validation.sql"),
    },
    Migration {
        version: 19,
        sql: include_str!("migrations/0019_schedules.sql"),
    },
    Migration {
        version: 20,
        sql: include_str!("migrations/0020_rollout.sql"),
    },
    Migration {
        version: 21,
        sql: include_str!("migrations/0021_data_contracts.sql"),
    },
    Migration {
        version: 22,
        sql: include_str!("migrations/0022_published_pipelines.sql"),
    },
    Migration {
        version: 24,
        sql: include_str!("migrations/0024_compute_requests.sql"),
    },
    Migration {
        version: 25,
        sql: include_str!("migrations/0025_workspace_state.sql"),
    },
    Migration {
        version: 26,
        sql: include_str!("migrations/0026_data_retention.sql"),
    },
    Migration {
        version: 27,
        sql: include_str!("migrations/0027_break_glass.sql"),
    },
    Migration {
        version: 28,
        sql: include_str!("migrations/0028_scorers.sql"),
    },
    Migration {
        version: 29,
        sql: include_str!("migrations/0029_reviews.sql"),
    },
    Migration {
        version: 30,
        sql: include_str!("migrations/0030_data_free.sql"),
    },
    Migration {
        version: 32,
        sql: include_str!("migrations/0032_compute_power.sql"),
    },
];

/// The newest schema version that this program knows.
pub fn known_version() -> i64 {
    MIGRATIONS.last().map_or(0, |step| step.version)
}

/// Runs the missing steps.
///
/// # Errors
/// [`StoreError::FromTheFuture`] when the database is newer than this program.
pub async fn up(db: &DatabaseConnection) -> Result<()> {
    let transaction = db.begin().await?;
    if db.get_database_backend() == DbBackend::Postgres {
        // Several servers may start at once on one database.
        transaction
            .execute_unprepared("SELECT pg_advisory_xact_lock(7421907)")
            .await?;
    }
    transaction
        .execute_unprepared("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)")
        .await?;
    let applied = applied(&transaction).await?;
    let found = applied.last().copied().unwrap_or(0);
    if found > known_version() {
        return Err(StoreError::FromTheFuture {
            found,
            known: known_version(),
        });
    }
    for step in MIGRATIONS.iter().filter(|step| !applied.contains(&step.version)) {
        transaction.execute_unprepared(step.sql).await?;
        if step.version == 5 {
            crate::trace::import(&transaction).await?;
            transaction.execute_unprepared("DROP TABLE trace").await?;
        }
        if step.version == 6 {
            crate::metric::import(&transaction).await?;
            transaction
                .execute_unprepared("DROP TABLE metric; DROP TABLE latest_metric")
                .await?;
        }
        if step.version == 10 {
            crate::audit::import(&transaction).await?;
            transaction.execute_unprepared("DROP TABLE audit_before").await?;
            crate::audit::make_append_only(&transaction).await?;
        }
        transaction
            .execute_unprepared(&format!(
                "INSERT INTO schema_version (version) VALUES ({})",
                step.version
            ))
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The steps that the database has been through, in their order.
async fn applied(db: &impl ConnectionTrait) -> Result<Vec<i64>> {
    let select = Statement::from_string(
        db.get_database_backend(),
        "SELECT version FROM schema_version ORDER BY version",
    );
    let rows = db.query_all_raw(select).await?;
    let versions = rows.iter().map(|row| row.try_get("", "version"));
    Ok(versions.collect::<Result<_, _>>()?)
}
