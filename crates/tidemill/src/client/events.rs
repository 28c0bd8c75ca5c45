//! Server-sent events: reading them, and taking up again where a connection broke.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::{Response, header};
use serde_json::Value;

use super::Client;
use crate::error::{Error, Result};

/// How often a broken stream is taken up again without anything new.
const TRIES: u32 = 8;
/// The most bytes of one event: a log line is cut by the server long before.
const MOST_BYTES: usize = 64 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What kind.
    pub name: String,
    /// Where a new stream would go on after it.
    pub id: Option<String>,
    /// What it says.
    pub data: Value,
}

/// Events of one path of the server.
pub struct Events {
    client: Client,
    path: String,
    stream: Option<BoxStream<'static, reqwest::Result<bytes::Bytes>>>,
    parser: Parser,
    last_id: Option<String>,
    failures: u32,
}

impl Client {
    /// The events at `path`. A connection that breaks is made again, and goes on after the last event.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn events(&self, path: &str) -> Result<Events> {
        let mut events = Events {
            client: self.clone(),
            path: path.to_owned(),
            stream: None,
            parser: Parser::default(),
            last_id: None,
            failures: 0,
        };
        events.connect().await?;
        Ok(events)
    }
}

impl Events {
    async fn connect(&mut self) -> Result<()> {
        let mut request = self.client.request(reqwest::Method::GET, &self.path);
        request = request.header(header::ACCEPT, "text/event-stream");
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let response = self.client.send(request).await?;
        self.parser = Parser::default();
        self.stream = Some(response.bytes_stream().boxed());
        Ok(())
    }

    /// The next event; `None` when the server has closed the stream and has nothing more to say about the path.
    ///
    /// # Errors
    /// When the server cannot be reached again, or refuses.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.parser.pop() {
                self.failures = 0;
                if event.id.is_some() {
                    self.last_id.clone_from(&event.id);
                }
                return Ok(Some(event));
            }
            let Some(stream) = &mut self.stream else {
                if !self.again().await? {
                    return Ok(None);
                }
                continue;
            };
            match stream.next().await {
                Some(Ok(bytes)) => self.parser.feed(&bytes)?,
                Some(Err(error)) => {
                    tracing::debug!(%error, "the stream broke");
                    self.stream = None;
                }
                None => self.stream = None,
            }
        }
    }

    /// Connects again, with a pause that grows; a refusal of the server is final. False when streams keep ending without
    /// anything new.
    async fn again(&mut self) -> Result<bool> {
        loop {
            if self.failures >= TRIES {
                return Ok(false);
            }
            self.failures += 1;
            tokio::time::sleep(Duration::from_millis(100 << self.failures.min(6))).await;
            match self.connect().await {
                Ok(()) => return Ok(true),
                Err(Error::Problem(problem)) if problem.status < 500 => return Err(Error::Problem(problem)),
                Err(error) if self.failures >= TRIES => return Err(error),
                Err(error) => tracing::info!("{error}; trying again"),
            }
        }
    }
}

/// Events of an answer that is being read, without taking it up again.
pub struct AnswerEvents {
    stream: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    parser: Parser,
}

impl AnswerEvents {
    /// The events of an answer.
    pub fn new(response: Response) -> Self {
        Self {
            stream: response.bytes_stream().boxed(),
            parser: Parser::default(),
        }
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.parser.pop() {
                return Ok(Some(event));
            }
            match self.stream.next().await {
                Some(Ok(bytes)) => self.parser.feed(&bytes)?,
                Some(Err(error)) => {
                    return Err(Error::failed(format!("failed to hear of the end: {error}"))
                        .with_hint("the server may still be at work; look with `show` in a while"));
                }
                None => return Ok(None),
            }
        }
    }
}

/// Bytes to events, as the HTML standard has it.
#[derive(Debug, Default)]
struct Parser {
    bytes: Vec<u8>,
    scanned: usize,
    name: String,
    data: String,
    id: Option<String>,
    ready: std::collections::VecDeque<Event>,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(at) = self.bytes[self.scanned..].iter().position(|byte| *byte == b'\n') {
            let end = self.scanned + at;
            let line = String::from_utf8_lossy(&self.bytes[start..end]).into_owned();
            self.line(line.trim_end_matches('\r'));
            (start, self.scanned) = (end + 1, end + 1);
        }
        self.bytes.drain(..start);
        self.scanned = self.bytes.len();
        if self.bytes.len() + self.data.len() > MOST_BYTES {
            return Err(Error::failed(
                "failed to read the server's events: one of them does not end",
            ));
        }
        Ok(())
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" => self.id = Some(value.to_owned()),
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        let id = self.id.take();
        if data.is_empty() {
            return;
        }
        let text = data.trim_end_matches('\n');
        let data = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let name = if name.is_empty() {
            "message".to_owned()
        } else {
            name
        };
        self.ready.push_back(Event { name, id, data });
    }

    fn pop(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::default();
        for chunk in chunks {
            parser.feed(chunk).expect("small");
        }
        std::iter::from_fn(|| parser.pop()).collect()
    }

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = ": hello\r\n\r\nevent: log\nid: 7\ndata: {\"text\":\n\
                    data: \"\u{e9}\"}\n\nretry: 5\ndata: plain\n\n";
        let whole = events(&[text.as_bytes()]);
        let first = Event {
            name: "log".into(),
            id: Some("7".into()),
            data: json!({"text": "\u{e9}"}),
        };
        let second = Event {
            name: "message".into(),
            id: None,
            data: json!("plain"),
        };
        assert_eq!(whole, [first, second]);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(events(&bytes), whole);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 1usize..50) {
            let chunks: Vec<&[u8]> = bytes.chunks(cut).collect();
            prop_assert_eq!(events(&chunks), events(&[&bytes]));
        }
    }
}
