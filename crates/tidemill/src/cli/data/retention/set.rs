//! `tidemill data retention set`.

use clap::Args;
use serde_json::{Map, Value};

use crate::error::Result;
use crate::session::Session;

/// Set how long the versions of a data asset are kept
///
/// A version that either rule keeps stays, and so does what is used: by a label such as the baseline, a contract, a model that was made
/// of it, a deployment, a release, a validation, a schedule, or a job that runs. Nothing goes before `retention apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data retention set --name flights --keep-versions 10
  tidemill data retention set --name flights --keep-versions 3 --keep-days 90 --grace-days 14")]
pub struct Set {
    /// Name
    #[arg(long, short)]
    name: String,
    /// So many of the newest versions stay
    #[arg(long, value_name = "COUNT", required_unless_present = "keep_days")]
    keep_versions: Option<u32>,
    /// Versions younger than so many days stay
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// For so many days a version that was taken out can be brought back [default: 7]
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
}

impl Set {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let given = [
            ("keep_versions", self.keep_versions),
            ("keep_days", self.keep_days),
            ("grace_days", self.grace_days),
        ];
        let body: Map<String, Value> = given
            .into_iter()
            .filter_map(|(field, value)| Some((field.to_owned(), value?.into())))
            .collect();
        let path = session.path(&["data", &self.name, "retention"]);
        session.show(session.client.put(&path, &Value::Object(body), None).await?)
    }
}
