//! MLflow's filter grammar, ordering and page tokens, read into a tree. Pure.
//!
//! A filter is comparisons joined by `AND`: `metrics.rmse < 0.5 AND params.model = 'tree'`. What may be compared
//! with what depends on the [`Subject`] that is searched; the messages are those that MLflow's own server gives.

mod error;
mod filter;
mod issue;
mod lexer;
mod logged_model;
mod order;
mod page;
mod subject;
mod trace;
mod trace_metric;

pub use error::QueryError;
pub use filter::{Comparison, Operator, Value, parse_filter};
pub use issue::{IssueComparison, parse_issue_filter};
pub use logged_model::{parse_logged_model_filter, parse_logged_model_order};
pub use order::{Order, parse_order};
pub use page::{decode_page_token, decode_place_token, encode_page_token, encode_place_token};
pub use subject::{Entity, Key, Subject};
pub use trace::{SpanKey, TraceComparison, TraceKey, TraceOrder, parse_trace_filter, parse_trace_order};
pub use trace_metric::{MetricFilter, MetricKey, parse_metric_filter};
