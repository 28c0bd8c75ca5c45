//! `tidemill online-endpoint invoke`.

use std::path::PathBuf;

use clap::Args;
use reqwest::{Method, header};

use super::NOUN;
use crate::error::{Error, Result};
use crate::local;
use crate::output::write_out;
use crate::session::Session;

/// Send a request to an online endpoint, and print its answer
///
/// It is sent as who is signed in, without a key; the scoring URI answers the same to a key.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-endpoint invoke --name flights --request-file request.json
  tidemill online-endpoint invoke --name flights --deployment-name green --request-file request.json")]
pub struct Invoke {
    /// Name
    #[arg(long, short)]
    name: String,
    /// File with the body of the request; `-` for standard input
    #[arg(long, short, value_name = "FILE")]
    request_file: PathBuf,
    /// Deployment that answers [default: one by its share of the traffic]
    #[arg(long, short, value_name = "NAME", alias = "deployment")]
    deployment_name: Option<String>,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
}

impl Invoke {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body = read(&self.request_file)?;
        if self.local {
            let text = local::invoke(&self.name, self.deployment_name.as_deref(), body).await?;
            return said(&text);
        }
        let path = session.path(&[NOUN, &self.name, "score"]);
        let mut request = session
            .client
            .request(Method::POST, &path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(deployment) = &self.deployment_name {
            request = request.header("azureml-model-deployment", deployment);
        }
        let answer = session.client.send(request).await?;
        let text = answer
            .text()
            .await
            .map_err(|error| Error::failed(format!("failed to read the answer: {error}")))?;
        said(&text)
    }
}

fn said(text: &str) -> Result<()> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write_out(&format!("{text}{end}"))
}

/// The bytes of a file, or of standard input.
pub(super) fn read(file: &PathBuf) -> Result<Vec<u8>> {
    use std::io::Read;
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Error::failed(format!("failed to read standard input: {error}")))?;
        return Ok(bytes);
    }
    std::fs::read(file).map_err(|error| Error::file("read", file, error))
}
