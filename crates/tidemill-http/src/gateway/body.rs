//! Bodies on their way: small ones are read before a turn is taken, large ones stream; none is larger than may be.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::BODY_LIMIT_BYTES;
use super::answer::Trouble;

/// Bodies up to this size are read first: a caller with a slow line does not keep an instance from others.
const READ_FIRST_BYTES: u64 = 1 << 20;

/// The body of a request, ready to be passed on.
pub(super) enum Ready {
    /// All of it; it may be sent again.
    Whole(Bytes),
    /// What streams, and whether it turned out too large.
    Streams(Body, Arc<AtomicBool>),
}

/// Reads a small body, or makes a large one ready to stream. `whole` reads it all, for a copy.
pub(super) async fn ready(body: Body, headers: &HeaderMap, whole: bool) -> Result<Ready, Trouble<'static>> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_LIMIT_BYTES) {
        return Err(Trouble::TooLarge);
    }
    if HttpBody::is_end_stream(&body) {
        return Ok(Ready::Whole(Bytes::new()));
    }
    let first = match whole {
        true => BODY_LIMIT_BYTES,
        false => READ_FIRST_BYTES,
    };
    if length.is_some_and(|length| length > first) {
        return Ok(streaming(body, Vec::new(), 0));
    }
    let mut stream = body.into_data_stream();
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut size = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Trouble::BrokenBody)?;
        size += piece.len() as u64;
        pieces.push(piece);
        if size > first {
            return match whole {
                true => Err(Trouble::TooLarge),
                false => Ok(streaming(Body::from_stream(stream), pieces, size)),
            };
        }
    }
    Ok(Ready::Whole(match pieces.len() {
        0 => Bytes::new(),
        1 => pieces.remove(0),
        _ => pieces.concat().into(),
    }))
}

/// A body that begins with what was read already, and breaks off when it becomes too large.
pub(super) fn streaming(body: Body, begun: Vec<Bytes>, mut size: u64) -> Ready {
    let too_large = Arc::new(AtomicBool::new(false));
    let flag = too_large.clone();
    let rest = body.into_data_stream().map(move |piece| {
        let piece = piece.map_err(std::io::Error::other)?;
        size += piece.len() as u64;
        match size > BODY_LIMIT_BYTES {
            true => {
                flag.store(true, Ordering::Release);
                Err(std::io::Error::other("the body is larger than may be"))
            }
            false => Ok(piece),
        }
    });
    let all = futures::stream::iter(begun.into_iter().map(Ok)).chain(rest);
    Ready::Streams(Body::from_stream(all), too_large)
}

/// The body of an answer, which holds something until it has been passed on to its end.
pub(super) struct Held<T> {
    inner: hyper::body::Incoming,
    held: Option<T>,
    at_end: fn(T),
}

impl<T> Held<T> {
    /// `at_end` gets what was held when the body has come to its end in order; else it is dropped.
    pub(super) fn new(inner: hyper::body::Incoming, held: T, at_end: fn(T)) -> Self {
        let mut whole = Self {
            inner,
            held: Some(held),
            at_end,
        };
        if whole.inner.is_end_stream() {
            whole.end();
        }
        whole
    }

    fn end(&mut self) {
        if let Some(held) = self.held.take() {
            (self.at_end)(held);
        }
    }
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        match &frame {
            None => self.end(),
            Some(Ok(_)) if self.inner.is_end_stream() => self.end(),
            Some(Ok(_)) => {}
            Some(Err(_)) => drop(self.held.take()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunked(pieces: usize, size: usize) -> Body {
        let piece = Bytes::from(vec![b'x'; size]);
        Body::from_stream(futures::stream::iter(
            (0..pieces).map(move |_| Ok::<_, std::io::Error>(piece.clone())),
        ))
    }

    #[tokio::test]
    async fn small_bodies_are_read_and_large_ones_stream() {
        let headers = HeaderMap::new();
        let Ok(Ready::Whole(small)) = super::ready(chunked(3, 1000), &headers, false).await else {
            panic!("it is small")
        };
        assert_eq!(small.len(), 3000);
        let Ok(Ready::Streams(large, _)) = super::ready(chunked(3, 1 << 20), &headers, false).await else {
            panic!("it is large")
        };
        let all = axum::body::to_bytes(large, usize::MAX)
            .await
            .expect("it comes to its end");
        assert_eq!(all.len(), 3 << 20);
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_breaks_off_and_says_so() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, (BODY_LIMIT_BYTES + 1).into());
        let told = super::ready(Body::empty(), &headers, false).await;
        assert!(matches!(told, Err(Trouble::TooLarge)));
        let pieces = usize::try_from(BODY_LIMIT_BYTES >> 20).expect("fits") + 2;
        let Ok(Ready::Streams(large, flag)) =
            super::ready(chunked(pieces, 1 << 20), &HeaderMap::new(), false).await
        else {
            panic!("it streams")
        };
        let mut stream = large.into_data_stream();
        let mut broke = false;
        while let Some(piece) = stream.next().await {
            broke |= piece.is_err();
        }
        assert!(broke && flag.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told() {
        let pieces = [Ok(Bytes::from_static(b"x")), Err(std::io::Error::other("gone"))];
        let body = Body::from_stream(futures::stream::iter(pieces));
        let told = super::ready(body, &HeaderMap::new(), false).await;
        assert!(matches!(told, Err(Trouble::BrokenBody)));
    }
}
