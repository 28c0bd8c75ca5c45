//! Which token a request carries.

use std::path::Path;

use super::Address;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::folders;
use crate::server::state;

/// The token given, else that of the context, else the owner's of a server whose data folder is on this machine.
///
/// # Errors
/// When the context names a file that cannot be read.
pub fn find(given: Option<&str>, context: &Context, address: &Address) -> Result<Option<String>> {
    if let Some(token) = given.filter(|token| !token.is_empty()) {
        return Ok(Some(token.to_owned()));
    }
    if let Some(path) = &context.token_file {
        return read(path)
            .map(Some)
            .map_err(|error| Error::file("read the token in", path, error));
    }
    Ok(owners(address))
}

/// A token of one server says nothing to another, so the data folder must belong to the server that is asked.
fn owners(address: &Address) -> Option<String> {
    if !address.is_loopback() {
        return None;
    }
    let folder = folders::data_dir().ok()?;
    let state = state::read(&folder)?;
    (state.address.port() == address.port()).then_some(())?;
    read(&folder.join("keys/owner.token")).ok()
}

fn read(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path).map(|text| text.trim().to_owned())
}
