//! Lists: page after page, until there is enough.

use serde_json::Value;

use super::Client;
use super::path::query;
use crate::error::{Error, Result};

/// Rows of one page, as many as the server gives at once.
const PAGE: usize = 500;

impl Client {
    /// The rows of a list; `most` of them, or all. `filters` go into the query.
    ///
    /// # Errors
    /// As [`Client::json`].
    pub async fn list(
        &self,
        path: &str,
        filters: &[(&str, &str)],
        most: Option<usize>,
    ) -> Result<Vec<Value>> {
        let mut rows: Vec<Value> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let wanted = most.map_or(PAGE, |most| most.saturating_sub(rows.len()).min(PAGE));
            if wanted == 0 {
                return Ok(rows);
            }
            let limit = wanted.to_string();
            let mut pairs = filters.to_vec();
            pairs.push(("limit", &limit));
            if let Some(after) = &after {
                pairs.push(("after", after));
            }
            let mut page = self.get(&format!("{path}{}", query(&pairs))).await?;
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
                return Err(Error::failed(format!(
                    "failed to read the list at {}: it has no items",
                    self.address
                )));
            };
            rows.extend(items);
            if next.is_none() || next == after {
                rows.truncate(most.unwrap_or(usize::MAX));
                return Ok(rows);
            }
            after = next;
        }
    }
}
