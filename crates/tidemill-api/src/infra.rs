//! Infrastructure as code on the wire: what is wanted, plans, stacks, and what has moved.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What a stack is to be: everything that it manages, or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InfraRequest {
    /// The stack: what is managed together. A resource belongs to one.
    pub stack: String,
    /// The resources.
    #[serde(default)]
    pub resources: Vec<InfraResource>,
    /// Take everything away that the stack manages; then there are no resources.
    #[serde(default)]
    pub destroy: bool,
    /// What was read and has no meaning here; it is kept with the plan.
    #[serde(default)]
    pub notes: Vec<InfraNote>,
    /// Values that a template gives back, by name.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub outputs: Value,
    /// What must hold after it was applied: the fields of its YAML.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub tests: Vec<Value>,
    /// Names the files that it was read from, whatever their parameters: the same files in another stage have the same.
    #[serde(default)]
    pub source: Option<String>,
}

/// A resource that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InfraResource {
    /// `group`, `secret`, `user`, `service-principal`, `team`, `role`, `workspace`, `policy`, `datastore`, `compute`,
    /// `environment` or `assignment`.
    pub kind: String,
    /// The workspace that it is in, or the group of a workspace or a secret.
    #[serde(default)]
    pub place: Option<String>,
    /// Its name; empty for a policy, and where an assignment has none.
    #[serde(default)]
    pub name: String,
    /// The fields of its YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// The file that says so.
    #[serde(default)]
    pub file: Option<String>,
    /// The line there.
    #[serde(default)]
    pub line: Option<u32>,
    /// What has to be there first, beside what follows from the fields, each as `kind place/name`.
    #[serde(default)]
    pub needs: Vec<String>,
}

/// Something that was read and has no meaning here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InfraNote {
    /// What.
    pub what: String,
    /// Why, in one sentence.
    pub why: String,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraPlan {
    /// Its id.
    pub id: String,
    /// The stack.
    pub stack: String,
    /// `planned`, `applying`, `interrupted` (the server ended while it was applied; apply it again to go on), `applied`, `failed`.
    pub state: String,
    /// Whether it takes everything away.
    pub destroys: bool,
    /// Names the state that it was made against.
    pub digest: String,
    /// Whether it does anything.
    pub has_changes: bool,
    /// How many of what.
    pub counts: InfraCounts,
    /// Every resource, in the order in which it is done.
    pub steps: Vec<InfraStep>,
    /// The stages that it touches, such as PRD.
    pub stages: Vec<String>,
    /// What the one who asks may not do of it; empty when it may be applied.
    pub lacking: Vec<String>,
    /// Why it can't be applied by anybody as it is.
    pub blocked: Vec<String>,
    /// What was read and has no meaning here.
    pub notes: Vec<InfraNote>,
    /// Values that a template gives back, by name.
    #[schema(value_type = Option<Object>)]
    pub outputs: Value,
    /// What must hold before it is applied, and who must act.
    pub gates: Vec<InfraGate>,
    /// What must hold after it was applied, and how far that is.
    pub tests: Vec<InfraTest>,
    /// Names the files that it was read from, whatever their parameters.
    pub source: Option<String>,
    /// The branch that the signed token of its maker named.
    pub branch: Option<String>,
    /// The commit that it named.
    pub commit: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who applied it.
    pub applied_by: Option<String>,
    /// UTC milliseconds.
    pub started_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Something that must hold before a plan is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InfraGate {
    /// The stage that asks for it.
    pub stage: String,
    /// `principals`, `branch`, `tests` or `approvals`.
    pub gate: String,
    /// `passed`, `waiting` (somebody must act) or `refused` (it will not hold for this plan).
    pub verdict: String,
    /// Why, for people.
    pub says: String,
    /// Who must act.
    pub who: Vec<String>,
}

/// Something that must hold after a plan was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InfraTest {
    /// What it shows.
    pub name: String,
    /// `planned`, `running`, `passed`, `failed`, or `interrupted` (the server ended meanwhile).
    pub state: String,
    /// Why it failed, or what ran.
    pub says: Option<String>,
    /// UTC milliseconds of the last news.
    pub at: Option<i64>,
}

/// More about what is done with a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InfraAct {
    /// Why one agrees or does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// How many resources of a plan meet what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InfraCounts {
    /// Made.
    pub create: usize,
    /// Changed.
    pub change: usize,
    /// Removed and made anew.
    pub replace: usize,
    /// Removed.
    pub delete: usize,
    /// Taken over as they are.
    pub adopt: usize,
    /// Let go of as they are.
    pub forget: usize,
    /// Left alone.
    pub keep: usize,
}

/// One resource of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraStep {
    /// Its kind.
    pub kind: String,
    /// `/`, `/groups/{group}` or `/workspaces/{workspace}`.
    pub scope: String,
    /// Its name there.
    pub name: String,
    /// The three in one, for people.
    pub address: String,
    /// `create`, `change`, `replace`, `delete`, `adopt`, `forget` or `keep`.
    pub action: String,
    /// Why.
    pub why: String,
    /// The fields that differ.
    pub fields: Vec<InfraField>,
    /// What it says now; secrets masked.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// What it will say; secrets masked.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The steps that come first, by their place in the list.
    pub waits_for: Vec<usize>,
    /// What would be lost.
    pub loses: Vec<String>,
    /// What the one who asks may not do of it.
    pub lacking: Vec<String>,
    /// The file that says so.
    pub file: Option<String>,
    /// The line there.
    pub line: Option<u32>,
    /// How far it is: none, `begun`, `done` or `failed`.
    pub state: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraField {
    /// Its path.
    pub path: String,
    /// What stands there; null for nothing.
    #[schema(value_type = Option<Object>)]
    pub before: Value,
    /// What is to stand there; null for nothing.
    #[schema(value_type = Option<Object>)]
    pub after: Value,
}

/// What is managed together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraStack {
    /// Its name.
    pub name: String,
    /// What it manages, in the order in which it was applied.
    pub resources: Vec<InfraManaged>,
    /// The plan that was applied last.
    pub plan: Option<String>,
    /// How that ended.
    pub state: Option<String>,
    /// Who applied it.
    pub applied_by: Option<String>,
    /// UTC milliseconds.
    pub applied_at: Option<i64>,
}

/// A resource as it was applied last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraManaged {
    /// Its kind.
    pub kind: String,
    /// Its place.
    pub scope: String,
    /// Its name there.
    pub name: String,
    /// The three in one, for people.
    pub address: String,
    /// What it said when it was applied; secrets masked.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// The plan that applied it last.
    pub plan: String,
    /// UTC milliseconds.
    pub applied_at: i64,
}

/// What has moved since a stack was applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraDrift {
    /// The stack.
    pub stack: String,
    /// How many resources were looked at.
    pub looked_at: usize,
    /// What is not as it was applied.
    pub items: Vec<InfraMoved>,
}

/// A resource that is not as it was applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InfraMoved {
    /// Which, for people.
    pub address: String,
    /// `changed` or `gone`.
    pub how: String,
    /// The fields: what was applied, and what is there.
    pub fields: Vec<InfraField>,
}
