//! The audit log on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRow {
    /// Its place in the log: 1, 2, 3, …
    pub seq: i64,
    /// ULID.
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who asked.
    pub principal: String,
    /// What for, such as `datastores/write`.
    pub action: String,
    /// Where, such as `/workspaces/default/datastores/lake`.
    pub scope: String,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// The request that it came with.
    pub request_id: String,
    /// The address that it came from; empty for what the server did by itself.
    pub address: String,
    /// The program that it came from, as it calls itself.
    pub agent: String,
    /// The surface that it came through: `rest`, `mlflow` or `server`.
    pub surface: String,
    /// `before` and `after` of a change, `why` of a refusal. Secrets stand as `***`.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// The hash of the row before.
    pub previous: String,
    /// The hash of this row.
    pub hash: String,
}

/// One line of an export: a row whose detail is the very text that was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditLine {
    /// Its place in the log.
    pub seq: i64,
    /// ULID.
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who asked.
    pub principal: String,
    /// What for.
    pub action: String,
    /// Where.
    pub scope: String,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// The request that it came with.
    pub request_id: String,
    /// The address that it came from.
    pub address: String,
    /// The program that it came from.
    pub agent: String,
    /// The surface that it came through.
    pub surface: String,
    /// JSON, as text.
    pub detail: String,
    /// The hash of the row before.
    pub previous: String,
    /// The hash of this row.
    pub hash: String,
}

impl AuditLine {
    /// Its fields in the order in which they are hashed; `at` is its time as text.
    pub fn fields<'a>(&'a self, at: &'a str) -> [&'a str; 11] {
        [
            &self.id,
            at,
            &self.principal,
            &self.action,
            &self.scope,
            &self.outcome,
            &self.request_id,
            &self.address,
            &self.agent,
            &self.surface,
            &self.detail,
        ]
    }
}

/// Which rows are wanted; what is not given does not matter.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Who asked, exactly.
    pub principal: Option<String>,
    /// What for: exactly, or with `*` for any text, such as `datastores/*`.
    pub action: Option<String>,
    /// Where: this place and all in it.
    pub scope: Option<String>,
    /// `allowed` or `refused`.
    pub outcome: Option<String>,
    /// Not before, in UTC milliseconds.
    pub since: Option<i64>,
    /// Before, in UTC milliseconds.
    pub until: Option<i64>,
}

/// A hash that was noted earlier.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditPin {
    /// The hash of some row, as an earlier check gave it as `head`; a log that was cut off or written anew has it no more.
    pub head: Option<String>,
}

/// What came of checking the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditCheck {
    /// Whether all is as it was written.
    pub sound: bool,
    /// Rows that were read.
    pub rows: i64,
    /// The place of the last one.
    pub seq: i64,
    /// Its hash: note it elsewhere, and give it to a later check.
    pub head: String,
    /// What is wrong, a sentence each, the first first.
    pub faults: Vec<String>,
}
