//! Moves what a process prints into its log, in fixed pieces, whatever it prints.

use super::LogFile;
use super::mask::Mask;
use crate::failure::Failure;
use crate::stop::{Cause, Stop};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use tokio::net::unix::pipe;

const PIECE_BYTES: usize = 64 << 10;

/// Reads until every writer has closed the pipe. A log that cannot be written ends the job; what is printed after that is
/// read and dropped, so that nothing hangs.
pub(crate) async fn pump(pipe: io::PipeReader, log: Arc<LogFile>, stop: Stop, mask: Mask) -> io::Result<()> {
    let mut masked = mask.stream();
    let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(pipe))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut lost = false;
    loop {
        pipe.readable().await?;
        let length = match pipe.try_read(&mut piece) {
            Ok(0) if lost => return Ok(()),
            Ok(0) => return log.append(&masked.end()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        if lost {
            continue;
        }
        let shown = masked.push(piece.get(..length).unwrap_or_default());
        if let Err(error) = log.append(&shown) {
            lost = true;
            let what = format!("write the log {}", log.name);
            stop.throw(Cause::Broken(Failure::io(&what, error).to_string()));
        }
    }
}
