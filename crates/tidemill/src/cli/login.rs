//! `tidemill login`: sign-in of a program with a token that its own platform signed.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::globals::Globals;
use crate::client::{Address, Client};
use crate::context::Contexts;
use crate::error::{Error, Result};
use crate::folders;

/// Sign in with a token that a CI platform, a cluster or a cloud has signed for this job
///
/// The service principal that trusts its issuer, audience and subject gets a token of this server for an hour. The token is kept
/// in a file beside the contexts, and the context uses it from then on; with --print-token it is printed and kept nowhere. Each
/// signed token counts once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill login --federated-token \"$RUNNER_TEMP/id-token\" --server https://mill.example.org
  tidemill login --federated-token - --service-principal deploy < id-token
  export TIDEMILL_TOKEN=$(tidemill login --federated-token id-token --print-token)")]
pub struct Login {
    /// File with the signed token (JWT); - is standard input
    #[arg(long, value_name = "FILE", env = "TIDEMILL_FEDERATED_TOKEN_FILE")]
    federated_token: PathBuf,
    /// Service principal that trusts it; needed where several do
    #[arg(long, value_name = "NAME")]
    service_principal: Option<String>,
    /// Print the token alone, and keep it nowhere
    #[arg(long)]
    print_token: bool,
}

impl Login {
    /// Runs the verb.
    ///
    /// # Errors
    /// When the token can't be read, and what the server says.
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let assertion = read(&self.federated_token)?;
        let file = Contexts::path()?;
        let mut all = Contexts::read(&file)?;
        let mut entry = all.chosen(globals.context.as_deref())?;
        let said = globals.server.clone().or_else(|| entry.server.clone());
        let address: Address = said.as_deref().map(str::parse).transpose()?.unwrap_or_default();
        // Whoever signs in has no token yet, or an old one.
        let client = Client::new(address.clone(), None)?;
        let body = json!({ "assertion": assertion, "service_principal": self.service_principal });
        let done = client.post("/tokens:exchange", &body).await?;
        let text = done["token"].as_str().unwrap_or_default();
        if self.print_token {
            return crate::output::write_out(&format!("{text}\n"));
        }
        let name = globals
            .context
            .clone()
            .or_else(|| all.current.clone())
            .unwrap_or_else(|| "login".to_owned());
        let kept = folders::config_dir()?
            .join("tokens")
            .join(format!("{}.token", file_name(&name)));
        write(&kept, text)?;
        // A workspace of another server is none of this one.
        if entry
            .server
            .as_deref()
            .map(str::parse::<Address>)
            .transpose()?
            .unwrap_or_default()
            != address
        {
            entry.workspace = globals.workspace.clone();
        }
        entry.server = Some(address.to_string());
        entry.token_file = Some(kept.clone());
        all.contexts.insert(name.clone(), entry);
        all.current = Some(name.clone());
        all.write(&file)?;
        let shown: Value = json!({
            "principal": done["principal"], "expires_at": done["expires_at"], "context": name, "token_file": kept,
        });
        globals.output()?.show(shown)
    }
}

fn read(file: &Path) -> Result<String> {
    let text = match file.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Error::failed(format!("failed to read the token: {error}")))?;
            text
        }
        false => std::fs::read_to_string(file).map_err(|error| Error::file("read", file, error))?,
    };
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(
            Error::usage("failed to sign in: the signed token is empty").with_hint(
                "the job must be allowed to have one, as by `permissions: id-token: write` or `id_tokens:`",
            ),
        );
    }
    Ok(text)
}

/// Writes a file that only its user can read, whole or not at all.
fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))?;
    let fresh = file.with_extension(format!("token.{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut open| writeln!(open, "{text}").and_then(|()| open.sync_all()))
        .and_then(|()| std::fs::rename(&fresh, file));
    written.map_err(|error| Error::file("write", file, error))
}

/// A context's name as a file can have it.
fn file_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            c
        } else {
            '_'
        }
    };
    name.chars().map(plain).collect()
}
