//! Webhooks on the wire.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// Whether a webhook is told anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WebhookStatus {
    /// It is.
    #[default]
    Active,
    /// It isn't.
    Disabled,
}

lenient::proto_enum!(WebhookStatus { 1 => Active = "ACTIVE", 2 => Disabled = "DISABLED" });

/// What something happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookEntity {
    /// A registered model.
    RegisteredModel,
    /// A version.
    ModelVersion,
    /// A tag of a version.
    ModelVersionTag,
    /// An alias of a version.
    ModelVersionAlias,
    /// A prompt.
    Prompt,
    /// A version of a prompt.
    PromptVersion,
    /// A tag of a prompt.
    PromptTag,
    /// A tag of a version of a prompt.
    PromptVersionTag,
    /// An alias of a prompt.
    PromptAlias,
    /// A budget of the gateway, which this server doesn't have.
    BudgetPolicy,
    /// A change of the last stage without a release; MLflow has no such word, and its client is not told of it.
    BreakGlass,
}

lenient::proto_enum!(WebhookEntity {
    1 => RegisteredModel = "REGISTERED_MODEL", 2 => ModelVersion = "MODEL_VERSION",
    3 => ModelVersionTag = "MODEL_VERSION_TAG", 4 => ModelVersionAlias = "MODEL_VERSION_ALIAS",
    5 => Prompt = "PROMPT", 6 => PromptVersion = "PROMPT_VERSION", 7 => PromptTag = "PROMPT_TAG",
    8 => PromptVersionTag = "PROMPT_VERSION_TAG", 9 => PromptAlias = "PROMPT_ALIAS",
    10 => BudgetPolicy = "BUDGET_POLICY", 1001 => BreakGlass = "BREAK_GLASS",
});

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookAction {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was removed.
    Deleted,
    /// It was set.
    Set,
    /// It was exceeded.
    Exceeded,
    /// Somebody asked for it.
    Asked,
    /// Somebody else agreed.
    Opened,
    /// Something was changed by it.
    Used,
    /// It was ended before its time.
    Closed,
}

lenient::proto_enum!(WebhookAction {
    1 => Created = "CREATED", 2 => Updated = "UPDATED", 3 => Deleted = "DELETED", 4 => Set = "SET",
    5 => Exceeded = "EXCEEDED", 1001 => Asked = "ASKED", 1002 => Opened = "OPENED", 1003 => Used = "USED", 1004 => Closed = "CLOSED",
});

/// Something that webhooks are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// What it happened to.
    pub entity: WebhookEntity,
    /// What happened.
    pub action: WebhookAction,
}

impl WebhookEvent {
    /// An event.
    pub const fn new(entity: WebhookEntity, action: WebhookAction) -> Self {
        Self { entity, action }
    }

    /// What can happen to it, by name.
    pub fn actions(self) -> &'static [&'static str] {
        use WebhookEntity as E;
        match self.entity {
            E::RegisteredModel | E::ModelVersion | E::Prompt | E::PromptVersion => &["created"],
            E::ModelVersionTag | E::PromptTag | E::PromptVersionTag => &["deleted", "set"],
            E::ModelVersionAlias | E::PromptAlias => &["created", "deleted"],
            E::BudgetPolicy => &["exceeded"],
            E::BreakGlass => &["asked", "opened", "used", "closed"],
        }
    }

    /// The same of a prompt, which is a model of a kind.
    #[must_use]
    pub fn of_prompt(self, prompt: bool) -> Self {
        use WebhookEntity as E;
        let entity = match self.entity {
            E::RegisteredModel if prompt => E::Prompt,
            E::ModelVersion if prompt => E::PromptVersion,
            E::ModelVersionTag if prompt => E::PromptVersionTag,
            E::ModelVersionAlias if prompt => E::PromptAlias,
            same => same,
        };
        Self { entity, ..self }
    }
}

impl std::fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lower = |text: &str| text.to_ascii_lowercase();
        write!(
            f,
            "{}.{}",
            lower(self.entity.as_str()),
            lower(self.action.as_str())
        )
    }
}

/// A webhook; its secret is never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// A UUID.
    pub webhook_id: String,
    /// As people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where to.
    pub url: String,
    /// What it is told of.
    pub events: Vec<WebhookEvent>,
    /// What it is told of that MLflow has no word for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<WebhookEvent>,
    /// Whether it is told anything.
    pub status: WebhookStatus,
    /// Milliseconds since 1970.
    pub creation_timestamp: i64,
    /// Milliseconds since 1970.
    pub last_updated_timestamp: i64,
}

/// `POST webhooks`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateWebhook {
    /// As people call it.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What it is told of.
    pub events: Vec<WebhookEvent>,
    /// What it is for.
    pub description: Option<String>,
    /// What signs its messages.
    pub secret: Option<String>,
    /// Whether it is told anything.
    pub status: Option<WebhookStatus>,
}

impl Request for CreateWebhook {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("url", &[Check::Text, Check::Required]),
        ("events", &[Check::Array, Check::Required]),
        ("description", &[Check::Text]),
        ("secret", &[Check::Text]),
        ("status", &[Check::Text]),
    ];
}

/// `PATCH webhooks/{webhook_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateWebhook {
    /// Which webhook.
    pub webhook_id: String,
    /// As people call it.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where to.
    pub url: Option<String>,
    /// What it is told of.
    pub events: Vec<WebhookEvent>,
    /// What signs its messages.
    pub secret: Option<String>,
    /// Whether it is told anything.
    pub status: Option<WebhookStatus>,
}

impl Request for UpdateWebhook {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text]),
        ("description", &[Check::Text]),
        ("url", &[Check::Text]),
        ("events", &[Check::Array]),
        ("secret", &[Check::Text]),
        ("status", &[Check::Text]),
    ];
}

/// `GET webhooks`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListWebhooks {
    /// At most this many, 100 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for ListWebhooks {
    const SCHEMA: Schema = &[("max_results", &[Check::Int]), ("page_token", &[Check::Text])];
}

/// `GET`, `DELETE webhooks/{webhook_id}` and `POST webhooks/{webhook_id}/test`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WebhookId {
    /// Which webhook.
    pub webhook_id: String,
    /// What to test it with; the first of its events without it.
    pub event: Option<WebhookEvent>,
}

impl Request for WebhookId {
    const SCHEMA: Schema = &[];
}

/// One webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WebhookResponse {
    /// The webhook.
    pub webhook: Webhook,
}

/// A page of webhooks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListWebhooksResponse {
    /// The webhooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Webhook>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// How a test went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTestResult {
    /// Whether it answered well.
    pub success: bool,
    /// The HTTP status of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_status: Option<i64>,
    /// Its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
    /// Why it could not be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// How a test went.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TestWebhookResponse {
    /// The result.
    pub result: WebhookTestResult,
}
