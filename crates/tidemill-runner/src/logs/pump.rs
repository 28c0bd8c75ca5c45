//! Moves what a process prints into its log, in fixed pieces, whatever it prints.

use super::LogFile;
use crate::failure::Failure;
use crate::stop::{Cause, Stop};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use tokio::net::unix::pipe;

const PIECE_BYTES: usize = 64 << 10;

/// Reads until every writer has closed the pipe. A log that cannot be written ends the job; what is printed after that is
/// read and dropped, so that nothing hangs.
pub(crate) async fn pump(pipe: io::PipeReader, log: Arc<LogFile>, stop: Stop) -> io::Result<()> {
    let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(pipe))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut lost = false;
    loop {
        pipe.readable().await?;
        let length = match pipe.try_read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        if lost {
            continue;
        }
        if let Err(error) = log.append(piece.get(..length).unwrap_or_default()) {
            lost = true;
            let what = format!("write the log {}", log.name);
            stop.throw(Cause::Broken(Failure::io(&what, error).to_string()));
        }
    }
}
