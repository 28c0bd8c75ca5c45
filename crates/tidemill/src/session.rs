//! What a verb stands on: a client of the server that is meant, the workspace, and the output.

use std::sync::Arc;

use serde_json::Value;

use crate::cli::globals::Globals;
use crate::client::{Address, Client, find_token, path};
use crate::context::{Context, Contexts};
use crate::error::{Error, Result};
use crate::output::{Column, Output, flat};
use crate::remembered::Writes;

/// The workspace that is meant when none is named.
pub const DEFAULT_WORKSPACE: &str = "default";

/// What a verb stands on.
#[derive(Debug, Clone)]
pub struct Session {
    /// The server.
    pub client: Client,
    /// The workspace.
    pub workspace: String,
    /// The group, where one is named.
    pub group: Option<String>,
    /// The output.
    pub output: Output,
    /// Only errors are wanted.
    pub quiet: bool,
    /// Called by the name `az`.
    pub azure: bool,
    /// What is written beside the command.
    pub writes: Arc<Writes>,
}

impl Session {
    /// Puts together what the command line, the environment and the context say, in this order.
    ///
    /// # Errors
    /// A context, an address, a query or a token file that cannot be used.
    pub fn open(globals: &Globals) -> Result<Self> {
        let context = Contexts::read(&Contexts::path()?)?.chosen(globals.context.as_deref())?;
        let (address, context) = server(globals, context)?;
        let token = find_token(globals.token.as_deref(), &context, &address)?;
        let named = |given: &Option<String>, context: Option<String>| given.clone().or(context);
        Ok(Self {
            client: Client::new(address, token)?,
            workspace: named(&globals.workspace, context.workspace)
                .unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned()),
            group: named(&globals.group, context.group),
            output: globals.output()?,
            quiet: globals.only_show_errors,
            azure: globals.azure,
            writes: Arc::default(),
        })
    }

    /// The path of something in the workspace; each part is encoded.
    pub fn path(&self, parts: &[&str]) -> String {
        let mut whole = vec!["workspaces", self.workspace.as_str()];
        whole.extend(parts);
        path(&whole)
    }

    /// Prints one view.
    ///
    /// # Errors
    /// As [`Output::show`].
    pub fn show(&self, view: Value) -> Result<()> {
        self.output.show(flat(crate::web::with_addresses(self, view)))
    }

    /// Prints a list of views.
    ///
    /// # Errors
    /// As [`Output::list`].
    pub fn list(&self, views: Vec<Value>, columns: &[Column]) -> Result<()> {
        let shown = |view| flat(crate::web::with_addresses(self, view));
        self.output.list(views.into_iter().map(shown).collect(), columns)
    }

    /// Says something beside the output.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            anstream::eprintln!("{text}");
        }
    }

    /// Warns of something.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            let style = anstyle::AnsiColor::Yellow.on_default().bold();
            anstream::eprintln!("{style}warning:{style:#} {text}");
        }
    }
}

/// The address, and what of the context holds for it: the workspace and the token of another server do not.
fn server(globals: &Globals, context: Context) -> Result<(Address, Context)> {
    let asked: Option<Address> = globals.server.as_deref().map(str::parse).transpose()?;
    let own: Option<Address> =
        context
            .server
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error: Error| {
                Error::usage(format!("{error} (in the context)"))
                    .with_hint("correct it with `tidemill context set`")
            })?;
    let address = asked.or_else(|| own.clone()).unwrap_or_default();
    let same = own.is_none_or(|own| own == address);
    Ok((address, if same { context } else { Context::default() }))
}
