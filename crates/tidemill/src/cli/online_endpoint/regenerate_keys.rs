//! `tidemill online-endpoint regenerate-keys`.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::NOUN;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::session::Session;

/// Make a key of an online endpoint anew; the old one counts no more
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-endpoint regenerate-keys --name flights
  tidemill online-endpoint regenerate-keys --name flights --key-type secondary")]
pub struct RegenerateKeys {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Which key
    #[arg(long, value_enum, default_value_t = KeyType::Primary, ignore_case = true)]
    key_type: KeyType,
    #[command(flatten)]
    no_wait: NoWait,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KeyType {
    /// The first
    Primary,
    /// The second
    Secondary,
}

impl RegenerateKeys {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let which = match self.key_type {
            KeyType::Primary => "primary",
            KeyType::Secondary => "secondary",
        };
        let path = session.path(&[NOUN, &format!("{}:regenerate-keys", self.name)]);
        session.show(session.client.post(&path, &json!({ "key_type": which })).await?)
    }
}
