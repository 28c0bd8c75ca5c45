//! `GET scorers/online-configs`: which scorers judge new traces by themselves. None do here: they run where they are
//! loaded.

use serde_json::{Value, json};

use crate::mlflow::answer::Answer;

pub(super) async fn online_configs() -> Answer<Value> {
    Answer(json!({ "configs": [] }))
}
