//! PostgreSQL's own programs for its part of a backup.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Error, Result};

/// Copies a database as it is at one moment.
pub(super) async fn dump(url: &str, to: &Path) -> Result<()> {
    let mut command = program("pg_dump", url)?;
    command
        .args(["--format=custom", "--no-owner", "--no-privileges", "--file"])
        .arg(to);
    run("pg_dump", command).await
}

/// Fills an empty database.
pub(super) async fn restore(url: &str, from: &Path) -> Result<()> {
    let mut command = program("pg_restore", url)?;
    command
        .args([
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
        ])
        .arg(from);
    run("pg_restore", command).await
}

/// The program, told of the database without its password: everybody on the machine can read a command line.
fn program(name: &str, url: &str) -> Result<Command> {
    let mut address = url::Url::parse(url)
        .map_err(|error| Error::usage(format!("failed to read the address of the database: {error}")))?;
    let mut command = Command::new(name);
    if let Some(password) = address.password().map(str::to_owned) {
        let plain = percent_encoding::percent_decode_str(&password).decode_utf8_lossy();
        command.env("PGPASSWORD", plain.as_ref());
        // It fails for addresses that have no host, and those have no password.
        let _ = address.set_password(None);
    }
    command.args(["--dbname", address.as_str()]);
    Ok(command)
}

async fn run(name: &str, mut command: Command) -> Result<()> {
    let ended = command.stdin(Stdio::null()).output().await;
    let ended = ended.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::failed(format!("failed to run {name}: it is not installed"))
            .with_hint("install PostgreSQL's client programs, of the server's version or a newer one"),
        _ => Error::failed(format!("failed to run {name}: {error}")),
    })?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(Error::failed(format!("{name} failed: {}", said.trim())))
}
