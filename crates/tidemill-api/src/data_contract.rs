//! Contracts over data: what travels.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What a consumer of data lives by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractSpec {
    /// The data asset, such as `flights`.
    pub data: String,
    /// Who lives by it: `model:NAME`, `pipeline:NAME`, `endpoint:NAME`, `job:NAME` or `team:NAME`.
    pub consumer: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What becomes of a version that breaks it.
    #[serde(default)]
    pub policy: ContractPolicy,
    /// What the consumer expects, as the YAML of expectations has it (`docs/data-profile.md`).
    #[schema(value_type = Object)]
    pub expectations: Value,
}

/// What becomes of a version that breaks a contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContractPolicy {
    /// It is not made.
    #[default]
    Refuse,
    /// It is made, with a warning that names the consumer.
    Warn,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contract {
    /// Its name.
    pub name: String,
    /// What it says.
    #[serde(flatten)]
    pub spec: ContractSpec,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// Which contracts.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContractQuery {
    /// Those of this data asset alone.
    pub data: Option<String>,
    /// Contracts at most.
    pub limit: Option<u64>,
    /// The name after which to go on.
    pub after: Option<String>,
}

/// What is to be checked against contracts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractCheckRequest {
    /// The workspace whose contracts count, such as that of the next stage; the version's own where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

/// What came of a check against the contracts of all consumers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContractChecks {
    /// No contract is broken.
    pub passed: bool,
    /// One for each contract.
    pub items: Vec<ContractCheck>,
}

/// What came of one contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContractCheck {
    /// The contract.
    pub contract: String,
    /// Who lives by it.
    pub consumer: String,
    /// What becomes of a version that breaks it.
    pub policy: ContractPolicy,
    /// It is kept.
    pub passed: bool,
    /// What is not met, in words; of level warning too.
    pub broken: Vec<String>,
}
