//! Review queues on the wire: traces that people shall look at.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// Whose queue it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReviewQueueType {
    /// Not told.
    #[default]
    Unspecified,
    /// One person's own, named as they are.
    User,
    /// A queue of several.
    Custom,
}

lenient::proto_enum!(ReviewQueueType {
    0 => Unspecified = "REVIEW_QUEUE_TYPE_UNSPECIFIED", 1 => User = "USER", 2 => Custom = "CUSTOM",
});

/// What is reviewed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReviewItemType {
    /// Not told: a trace.
    #[default]
    Unspecified,
    /// A trace.
    Trace,
}

lenient::proto_enum!(ReviewItemType { 0 => Unspecified = "REVIEW_ITEM_TYPE_UNSPECIFIED", 1 => Trace = "TRACE" });

/// How far a review is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReviewStatus {
    /// Not told.
    #[default]
    Unspecified,
    /// It waits.
    Pending,
    /// Somebody looked at it.
    Complete,
    /// It will not be looked at.
    Declined,
}

lenient::proto_enum!(ReviewStatus {
    0 => Unspecified = "REVIEW_STATUS_UNSPECIFIED", 1 => Pending = "PENDING", 2 => Complete = "COMPLETE",
    3 => Declined = "DECLINED",
});

/// One queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewQueue {
    /// `rq-` and 32 hex digits.
    pub queue_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// Whose it is.
    pub queue_type: ReviewQueueType,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Milliseconds since 1970.
    pub creation_time_ms: i64,
    /// Milliseconds since 1970.
    pub last_update_time_ms: i64,
    /// Who reviews.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Which questions are asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schema_ids: Vec<String>,
}

/// One trace in one queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewQueueItem {
    /// The queue.
    pub queue_id: String,
    /// What is reviewed.
    pub item_type: ReviewItemType,
    /// The trace.
    pub item_id: String,
    /// How far its review is.
    pub status: ReviewStatus,
    /// Who ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_by: Option<String>,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_time_ms: Option<i64>,
    /// Milliseconds since 1970.
    pub creation_time_ms: i64,
    /// Milliseconds since 1970.
    pub last_update_time_ms: i64,
}

/// `POST review-queues/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateReviewQueue {
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// Whose it is.
    pub queue_type: ReviewQueueType,
    /// Who reviews.
    pub users: Vec<String>,
    /// Which questions are asked.
    pub schema_ids: Vec<String>,
}

impl Request for CreateReviewQueue {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
    ];
}

/// `POST review-queues/get-or-create-user`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UserQueue {
    /// Of which experiment.
    pub experiment_id: String,
    /// Whose queue.
    pub user: String,
}

impl Request for UserQueue {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("user", &[Check::Required, Check::Text]),
    ];
}

/// `GET review-queues/get`, `POST review-queues/delete`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewQueueId {
    /// Which one.
    pub queue_id: String,
}

impl Request for ReviewQueueId {
    const SCHEMA: Schema = &[("queue_id", &[Check::Required, Check::Text])];
}

/// `GET review-queues/get-by-name`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewQueueName {
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
}

impl Request for ReviewQueueName {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
    ];
}

/// `GET review-queues/list`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListReviewQueues {
    /// Of which experiment.
    pub experiment_id: String,
    /// Only those in which they review.
    pub user: Option<String>,
    /// At most this many; 1,000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where to go on.
    pub page_token: Option<String>,
    /// Only those that hold this trace.
    pub item_id: Option<String>,
}

impl Request for ListReviewQueues {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("max_results", &[Check::Int]),
    ];
}

/// Queues.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReviewQueuesResponse {
    /// The queues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub review_queues: Vec<ReviewQueue>,
    /// Where to go on; empty at the end.
    pub next_page_token: String,
}

/// `POST review-queues/update`: what is not given stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateReviewQueue {
    /// Which one.
    pub queue_id: String,
    /// Whether `users` counts.
    pub update_users: bool,
    /// Who reviews.
    pub users: Vec<String>,
    /// Whether `schema_ids` counts.
    pub update_schema_ids: bool,
    /// Which questions are asked.
    pub schema_ids: Vec<String>,
    /// As people call it.
    pub name: Option<String>,
    /// Whose it is from now on.
    pub new_owner: Option<String>,
}

impl Request for UpdateReviewQueue {
    const SCHEMA: Schema = &[("queue_id", &[Check::Required, Check::Text])];
}

/// One queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReviewQueueResponse {
    /// The queue.
    pub review_queue: ReviewQueue,
}

/// `POST review-queues/items/add`, `POST review-queues/items/remove`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewQueueItems {
    /// Which queue.
    pub queue_id: String,
    /// What they are.
    pub item_type: ReviewItemType,
    /// The traces.
    pub item_ids: Vec<String>,
}

impl Request for ReviewQueueItems {
    const SCHEMA: Schema = &[("queue_id", &[Check::Required, Check::Text])];
}

/// `GET review-queues/items/list`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListReviewQueueItems {
    /// Which queue.
    pub queue_id: String,
    /// Only those that are this far.
    pub status: ReviewStatus,
    /// At most this many; 1,000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where to go on.
    pub page_token: Option<String>,
}

impl Request for ListReviewQueueItems {
    const SCHEMA: Schema = &[
        ("queue_id", &[Check::Required, Check::Text]),
        ("max_results", &[Check::Int]),
    ];
}

/// Items.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReviewQueueItemsResponse {
    /// The items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ReviewQueueItem>,
    /// Where to go on; empty at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `POST review-queues/items/set-status`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetReviewStatus {
    /// Which queue.
    pub queue_id: String,
    /// The trace.
    pub item_id: String,
    /// How far its review is.
    pub status: ReviewStatus,
    /// Who says so, where nobody signs in.
    pub completed_by: Option<String>,
}

impl Request for SetReviewStatus {
    const SCHEMA: Schema = &[
        ("queue_id", &[Check::Required, Check::Text]),
        ("item_id", &[Check::Required, Check::Text]),
    ];
}

/// One item.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReviewQueueItemResponse {
    /// The item.
    pub item: ReviewQueueItem,
}
