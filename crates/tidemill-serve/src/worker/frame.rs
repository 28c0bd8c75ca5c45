//! Frames between server and worker: lengths, kind and number (17 bytes, little endian), then JSON about the body, then the body.
//!
//! The socket keeps the borders of messages (`SOCK_SEQPACKET`), and a frame is cut into messages of at most [`MESSAGE`] bytes. So a
//! question that is one message is read by its worker whole, or is still there to be taken back.

use std::io;

use bytes::Bytes;
use tokio::net::UnixStream;

/// Bytes of a frame's head.
const HEAD: usize = 4 + 8 + 1 + 4;
/// Bytes of a message at most.
pub(super) const MESSAGE: usize = 1 << 15;
/// Bytes of what is said about a body, at most.
const MOST_META: usize = 64 << 20;

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

/// A question as it is sent.
#[derive(Debug)]
pub(super) struct Question {
    /// By which its answer is known.
    pub(super) number: u32,
    first: Vec<u8>,
    rest: Bytes,
}

impl Question {
    pub(super) fn new(number: u32, ask: Ask, meta: &[u8], body: Bytes) -> io::Result<Self> {
        let together = HEAD + meta.len() + body.len() <= MESSAGE;
        let mut first = Vec::with_capacity(HEAD + meta.len() + if together { body.len() } else { 0 });
        first.extend_from_slice(&length(meta.len())?.to_le_bytes());
        first.extend_from_slice(&(body.len() as u64).to_le_bytes());
        first.push(ask as u8);
        first.extend_from_slice(&number.to_le_bytes());
        first.extend_from_slice(meta);
        let rest = match together {
            true => {
                first.extend_from_slice(&body);
                Bytes::new()
            }
            false => body,
        };
        Ok(Self { number, first, rest })
    }

    /// Whether it is one message.
    pub(super) fn is_one_message(&self) -> bool {
        self.rest.is_empty() && self.first.len() <= MESSAGE
    }

    /// The message that comes after so many bytes; none where all of it was sent.
    pub(super) fn message(&self, sent: usize) -> Option<&[u8]> {
        let part = match sent.checked_sub(self.first.len()) {
            None => &self.first[sent..],
            Some(sent) => &self.rest[sent.min(self.rest.len())..],
        };
        (!part.is_empty()).then(|| &part[..part.len().min(MESSAGE)])
    }
}

/// The number of the question that a message begins.
pub(super) fn number_of(message: &[u8]) -> Option<u32> {
    let bytes = message.get(HEAD - 4..HEAD)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// What has come of an answer.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    head: Head,
    content: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    number: u32,
    kind: Kind,
    meta: usize,
    whole: usize,
}

impl Head {
    fn reply(self, mut content: Bytes) -> (u32, Reply) {
        let meta = content.split_to(self.meta);
        let (kind, body) = (self.kind, content);
        (self.number, Reply { kind, meta, body })
    }
}

impl Incoming {
    /// Takes a message in. With the answer and the number of its question when it is whole.
    ///
    /// # Errors
    /// When the body has more than `limit` bytes, or the message is none of a worker.
    pub(super) fn take(&mut self, message: &[u8], limit: u64) -> io::Result<Option<(u32, Reply)>> {
        let Some(mut begun) = self.begun.take() else {
            let head = head(message, limit)?;
            let content = &message[HEAD..];
            if content.len() >= head.whole {
                return Ok(Some(head.reply(Bytes::copy_from_slice(&content[..head.whole]))));
            }
            let mut begun = Vec::with_capacity(head.whole);
            begun.extend_from_slice(content);
            self.begun = Some(Begun { head, content: begun });
            return Ok(None);
        };
        begun.content.extend_from_slice(message);
        if begun.content.len() < begun.head.whole {
            self.begun = Some(begun);
            return Ok(None);
        }
        Ok(Some(begun.head.reply(begun.content.into())))
    }
}

fn head(message: &[u8], limit: u64) -> io::Result<Head> {
    let strange = || io::Error::other("the worker's answer is none");
    let (meta, rest) = message.split_first_chunk().ok_or_else(strange)?;
    let (body, rest) = rest.split_first_chunk().ok_or_else(strange)?;
    let (kind, rest) = rest.split_first().ok_or_else(strange)?;
    let (number, _) = rest.split_first_chunk().ok_or_else(strange)?;
    let meta = u32::from_le_bytes(*meta) as usize;
    let body = u64::from_le_bytes(*body);
    if body > limit || meta > MOST_META {
        return Err(io::Error::other("the worker's answer is larger than it may be"));
    }
    Ok(Head {
        number: u32::from_le_bytes(*number),
        kind: kind_of(*kind)?,
        meta,
        whole: meta + usize::try_from(body).map_err(io::Error::other)?,
    })
}

/// Sends what a new worker starts with: a length, and JSON.
pub(super) async fn send_start(stream: &UnixStream, text: &[u8]) -> io::Result<()> {
    let length = length(text.len())?.to_le_bytes();
    for message in std::iter::once(&length[..]).chain(text.chunks(MESSAGE)) {
        while !written(stream, message)? {
            stream.writable().await?;
        }
    }
    Ok(())
}

/// Receives an answer without a body.
pub(super) async fn receive(stream: &UnixStream) -> io::Result<Reply> {
    let (mut incoming, mut buffer) = (Incoming::default(), vec![0; MESSAGE]);
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                if let Some((_, reply)) = incoming.take(&buffer[..count], 0)? {
                    return Ok(reply);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes a message; `false` where there is no room for it now.
pub(super) fn written(stream: &UnixStream, message: &[u8]) -> io::Result<bool> {
    match stream.try_write(message) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

fn length(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(io::Error::other)
}

fn kind_of(byte: u8) -> io::Result<Kind> {
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

    fn frame(kind: u8, meta: &[u8], body: &[u8]) -> Vec<u8> {
        let mut frame = (meta.len() as u32).to_le_bytes().to_vec();
        frame.extend((body.len() as u64).to_le_bytes());
        frame.push(kind);
        frame.extend(7_u32.to_le_bytes());
        frame.extend(meta);
        frame.extend(body);
        frame
    }

    fn received(frame: &[u8], limit: u64) -> io::Result<Option<(u32, Reply)>> {
        let mut incoming = Incoming::default();
        let mut found = None;
        for message in frame.chunks(MESSAGE) {
            assert!(found.is_none(), "it was whole already");
            found = incoming.take(message, limit)?;
        }
        Ok(found)
    }

    #[test]
    fn an_answer_that_comes_in_pieces_is_whole() {
        let read = received(&frame(1, b"0.5", &[7; 100_000]), 100_000);
        let (number, reply) = read.expect("frames").expect("a reply");
        assert_eq!(
            (number, reply.kind, &reply.meta[..], reply.body.len()),
            (7, Kind::Json, &b"0.5"[..], 100_000)
        );
        let (_, empty) = received(&frame(3, b"{}", b""), 0)
            .expect("frames")
            .expect("a reply");
        assert_eq!((empty.kind, empty.body.len()), (Kind::Error, 0));
    }

    #[test]
    fn what_is_cut_short_too_large_or_unknown_is_refused() {
        let cut = frame(1, b"0.5", b"body");
        assert!(received(&cut[..cut.len() - 1], 10).expect("no error").is_none());
        assert!(received(&cut[..HEAD - 1], 10).is_err());
        assert!(received(&frame(1, b"", b"too long"), 7).is_err());
        assert!(received(&frame(9, b"", b""), 7).is_err());
    }

    #[test]
    fn a_question_is_cut_into_messages_that_together_are_its_frame() {
        for size in [0, 10, MESSAGE, 3 * MESSAGE + 5] {
            let body: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let question =
                Question::new(7, Ask::Score, b"{}", Bytes::from(body.clone())).expect("it is not too long");
            let (mut sent, mut messages) = (Vec::new(), 0);
            while let Some(message) = question.message(sent.len()) {
                assert!(message.len() <= MESSAGE);
                assert!(messages > 0 || number_of(message) == Some(7));
                sent.extend_from_slice(message);
                messages += 1;
            }
            assert_eq!(sent, frame(1, b"{}", &body));
            assert_eq!(question.is_one_message(), messages == 1, "{size}");
        }
    }
}
