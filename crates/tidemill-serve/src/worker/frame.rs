//! Frames between server and worker: lengths and kind (13 bytes, little endian), then JSON about the body, then the body.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Bytes of a frame's head.
const HEAD: usize = 4 + 8 + 1;
/// Bodies up to this size travel in one write with their head.
const TOGETHER: usize = 1 << 16;

/// What a worker is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// `/score`.
    Score = 1,
    /// MLflow's `/invocations`.
    Invoke = 2,
    /// Inference over tensors.
    Infer = 3,
}

/// What a worker answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value as JSON; the text about it is how long it took, in ms.
    Json,
    /// An answer with status and headers of its own.
    Raw,
    /// An error of the contract.
    Error,
    /// Tensors.
    Inferred,
    /// The model is ready; the text about it is its facts.
    Ready,
    /// The model cannot be made ready.
    Failed,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What it is.
    pub kind: Kind,
    /// JSON about the body.
    pub meta: Bytes,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// Whether its worker ends with it: `sys.exit()` and the like in a script.
    pub(super) fn is_last(&self) -> bool {
        const LAST: &[u8] = b"\"last\": true";
        self.kind == Kind::Error && self.meta.windows(LAST.len()).any(|part| part == LAST)
    }
}

/// Sends a question.
pub(super) async fn send(stream: &mut UnixStream, ask: Ask, meta: &[u8], body: &[u8]) -> io::Result<()> {
    let mut frame = Vec::with_capacity(HEAD + meta.len() + body.len().min(TOGETHER));
    frame.extend_from_slice(&length(meta.len())?.to_le_bytes());
    frame.extend_from_slice(&(body.len() as u64).to_le_bytes());
    frame.push(ask as u8);
    frame.extend_from_slice(meta);
    if body.len() <= TOGETHER {
        frame.extend_from_slice(body);
        return stream.write_all(&frame).await;
    }
    stream.write_all(&frame).await?;
    stream.write_all(body).await
}

/// Sends what a new worker starts with: a length and JSON.
pub(super) async fn send_start(stream: &mut UnixStream, text: &[u8]) -> io::Result<()> {
    stream.write_all(&length(text.len())?.to_le_bytes()).await?;
    stream.write_all(text).await
}

/// Receives an answer whose body has at most `limit` bytes.
pub(super) async fn receive(stream: &mut UnixStream, limit: u64) -> io::Result<Reply> {
    let mut buffer = BytesMut::with_capacity(8 << 10);
    while buffer.len() < HEAD {
        some(stream, &mut buffer).await?;
    }
    let mut head = buffer.split_to(HEAD).freeze();
    let meta = head.get_u32_le() as usize;
    let body = head.get_u64_le();
    let kind = kind(head.get_u8())?;
    if body > limit || meta > 64 << 20 {
        return Err(io::Error::other("the worker's answer is larger than it may be"));
    }
    let whole = meta + usize::try_from(body).map_err(io::Error::other)?;
    buffer.reserve(whole.saturating_sub(buffer.len()));
    while buffer.len() < whole {
        some(stream, &mut buffer).await?;
    }
    Ok(Reply {
        kind,
        meta: buffer.split_to(meta).freeze(),
        body: buffer.freeze(),
    })
}

async fn some(stream: &mut UnixStream, buffer: &mut BytesMut) -> io::Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn length(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(io::Error::other)
}

fn kind(byte: u8) -> io::Result<Kind> {
    Ok(match byte {
        1 => Kind::Json,
        2 => Kind::Raw,
        3 => Kind::Error,
        4 => Kind::Inferred,
        5 => Kind::Ready,
        6 => Kind::Failed,
        _ => return Err(io::Error::other("the worker's answer is of no known kind")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn received(sent: Vec<u8>, limit: u64) -> io::Result<Reply> {
        let (mut ours, mut theirs) = UnixStream::pair()?;
        let write = tokio::spawn(async move {
            for byte in sent.chunks(5) {
                theirs.write_all(byte).await?;
                tokio::task::yield_now().await;
            }
            io::Result::Ok(())
        });
        let reply = receive(&mut ours, limit).await;
        drop(ours);
        let _ = write.await;
        reply
    }

    fn frame(kind: u8, meta: &[u8], body: &[u8]) -> Vec<u8> {
        let mut frame = (meta.len() as u32).to_le_bytes().to_vec();
        frame.extend((body.len() as u64).to_le_bytes());
        frame.push(kind);
        frame.extend(meta);
        frame.extend(body);
        frame
    }

    #[tokio::test]
    async fn a_frame_that_comes_in_pieces_is_whole() {
        let reply = received(frame(1, b"0.5", &[7; 100_000]), 100_000)
            .await
            .expect("a reply");
        assert_eq!(
            (reply.kind, &reply.meta[..], reply.body.len()),
            (Kind::Json, &b"0.5"[..], 100_000)
        );
        let empty = received(frame(3, b"{}", b""), 0).await.expect("a reply");
        assert_eq!((empty.kind, empty.body.len()), (Kind::Error, 0));
    }

    #[tokio::test]
    async fn what_is_cut_short_too_large_or_unknown_is_refused() {
        let cut = frame(1, b"0.5", b"body");
        assert!(received(cut[..cut.len() - 1].to_vec(), 10).await.is_err());
        assert!(received(frame(1, b"", b"too long"), 7).await.is_err());
        assert!(received(frame(9, b"", b""), 7).await.is_err());
    }
}
