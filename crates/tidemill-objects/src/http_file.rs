//! One file of a web server: its size and etag, its bytes as a stream, and onto disk.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, FORWARDED, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use url::Url;

use crate::datastore::{ByteStream, FileMeta, blocking, new_partial};
use crate::error::{ErrorKind, ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::Hint;
use crate::progress::Progress;
use crate::safe_path::SafePath;
use crate::secret::show_url;

/// How often a broken download is taken up again.
const RESUMES: usize = 4;

/// Says that somebody else wants it (RFC 7239): a server that lets in whoever is on its machine, as this one does, does not take the one
/// that fetches for the one who asks.
fn on_behalf() -> HeaderMap {
    HeaderMap::from_iter([(FORWARDED, HeaderValue::from_static("for=_tidemill"))])
}

/// How often a server may lead on to another address.
const MOST_REDIRECTS: usize = 10;

/// An address at which no data lies.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is where a machine of a cloud is told about itself, its keys included: nothing is read from there"
)]
struct Blocked(IpAddr);

/// Where machines of clouds, and their networks, tell a machine about itself: link-local addresses, and those that clouds set aside for it.
/// Whoever names a URL has it fetched by the server, which may ask there.
fn tells_of_itself(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_link_local() || [[100, 100, 100, 200], [168, 63, 129, 16]].contains(&v4.octets())
        }
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local() || v6.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    }
}

/// Such an address, where a URL is written with one.
fn told_of_itself(url: &Url) -> Option<IpAddr> {
    let address = match url.host()? {
        url::Host::Ipv4(address) => IpAddr::V4(address),
        url::Host::Ipv6(address) => IpAddr::V6(address),
        url::Host::Domain(_) => return None,
    };
    tells_of_itself(address).then_some(address)
}

/// Names that lead to such an address are not followed, whatever they resolve to at that moment.
struct Resolver;

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(blocked) = found.iter().find(|address| tells_of_itself(address.ip())) {
                return Err(Blocked(blocked.ip()).into());
            }
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

static CLIENT: LazyLock<Result<Client, String>> = LazyLock::new(|| {
    Client::builder()
        .user_agent(concat!("tidemill/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(60))
        .redirect(reqwest::redirect::Policy::custom(|attempt| {
            match (
                attempt.previous().len() > MOST_REDIRECTS,
                told_of_itself(attempt.url()),
            ) {
                (true, _) => attempt.error("it leads on and on"),
                (_, Some(address)) => attempt.error(Blocked(address)),
                _ => attempt.follow(),
            }
        }))
        .dns_resolver(Arc::new(Resolver))
        .default_headers(on_behalf())
        .no_gzip()
        .build()
        .map_err(|error| error.to_string())
});

/// What a download wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The size of the file.
    pub size_bytes: u64,
    /// The hash of its bytes.
    pub hash: Hash,
    /// The server's mark for this state of the file.
    pub hint: Hint,
}

/// A file at an `http://` or `https://` URL. Texts show the URL without its user, password and query.
pub struct HttpFile {
    url: Url,
    headers: HeaderMap,
}

/// The bytes of a file that goes on, or begins anew.
pub struct GoesOn {
    /// They begin behind those that are there.
    pub goes_on: bool,
    /// The size of the whole file, where the server says it.
    pub size_bytes: Option<u64>,
    /// The server's mark for this state of the file: with it, it can go on.
    pub mark: Option<String>,
    /// The bytes.
    pub bytes: ByteStream,
}

impl std::fmt::Debug for GoesOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoesOn")
            .field("goes_on", &self.goes_on)
            .finish_non_exhaustive()
    }
}

impl HttpFile {
    /// Takes the URL; nothing is sent yet.
    pub fn open(url: &str) -> Result<Self> {
        match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => match told_of_itself(&url) {
                Some(address) => Err(ObjectsError::bad_path(
                    show_url(url.as_str()),
                    Blocked(address).to_string(),
                )),
                None => Ok(Self {
                    url,
                    headers: HeaderMap::new(),
                }),
            },
            _ => Err(ObjectsError::bad_path(
                show_url(url),
                "it is not an http:// or https:// URL",
            )),
        }
    }

    /// With a header that goes with every request, such as `Authorization`.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self> {
        let parsed = reqwest::header::HeaderName::from_bytes(name.as_bytes())
            .ok()
            .zip(reqwest::header::HeaderValue::from_str(value).ok());
        let Some((name, mut value)) = parsed else {
            return Err(self.fail(ErrorKind::Invalid, format!("the header `{name}` cannot be sent")));
        };
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// The bytes from `from` on, where the server says that the file is still the one that `mark` was given for; else all of them.
    pub async fn get_on(&self, from: u64, mark: Option<&str>) -> Result<GoesOn> {
        let mut request = self.request(Method::GET)?;
        if let Some(mark) = mark.filter(|_| from > 0) {
            request = request
                .header(RANGE, format!("bytes={from}-"))
                .header(IF_RANGE, mark);
        }
        let response = match self.send(request).await {
            // Nothing lies behind what is there: the server cannot say it better.
            Err(ObjectsError::Remote { detail, .. }) if detail.contains("416") => {
                self.send(self.request(Method::GET)?).await?
            }
            sent => sent?,
        };
        let goes_on = response.status() == StatusCode::PARTIAL_CONTENT;
        let size_bytes = match goes_on {
            true => whole_size(response.headers()),
            false => response.content_length(),
        };
        let mark = response.headers().get(ETAG).and_then(|value| value.to_str().ok());
        Ok(GoesOn {
            goes_on,
            size_bytes,
            // A weak mark says only that it is about the same.
            mark: mark.filter(|mark| !mark.starts_with("W/")).map(str::to_owned),
            bytes: self.body(response),
        })
    }

    /// The name of the file, as its URL ends; `download` if it has none.
    pub fn name(&self) -> String {
        let last = self
            .url
            .path_segments()
            .and_then(|mut names| names.next_back())
            .unwrap_or_default();
        let name = percent_encoding::percent_decode_str(last)
            .decode_utf8_lossy()
            .into_owned();
        match SafePath::parse(name) {
            Ok(path) if !path.is_root() && !path.as_str().contains('/') => path.as_str().to_owned(),
            _ => "download".to_owned(),
        }
    }

    fn shown(&self) -> String {
        show_url(self.url.as_str())
    }

    fn request(&self, method: Method) -> Result<RequestBuilder> {
        match &*CLIENT {
            Ok(client) => Ok(client
                .request(method, self.url.clone())
                .headers(self.headers.clone())
                .header(ACCEPT_ENCODING, "identity")),
            Err(error) => Err(self.fail(ErrorKind::Internal, error.clone())),
        }
    }

    fn fail(&self, kind: ErrorKind, detail: String) -> ObjectsError {
        ObjectsError::Remote {
            action: "read",
            path: self.shown(),
            detail,
            kind,
        }
    }

    fn broken(&self, error: reqwest::Error) -> ObjectsError {
        let error = error.without_url();
        let mut detail = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            detail = format!("{detail}: {deeper}");
            cause = deeper.source();
        }
        self.fail(
            ErrorKind::Unavailable,
            format!("{detail}; check the address and the network, then try again"),
        )
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let status = response.status();
        let (kind, hint) = match status {
            _ if status.is_success() => return Ok(response),
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(ObjectsError::NotFound { what: self.shown() });
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                (ErrorKind::Forbidden, "it needs credentials that it didn't get")
            }
            _ if status.is_server_error() => (ErrorKind::Unavailable, "try again later"),
            _ => (ErrorKind::Invalid, "check the address"),
        };
        Err(self.fail(kind, format!("the server answered {status}; {hint}")))
    }

    /// Size and etag, without the bytes.
    pub async fn head(&self) -> Result<FileMeta> {
        let asked = self
            .request(Method::HEAD)?
            .send()
            .await
            .map_err(|error| self.broken(error))?;
        let refused = matches!(
            asked.status(),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED | StatusCode::FORBIDDEN
        );
        if asked.status().is_success() && asked.headers().contains_key(reqwest::header::CONTENT_LENGTH) {
            let size = header_number(asked.headers(), "content-length").unwrap_or_default();
            return Ok(self.describe(asked.headers(), size));
        }
        if !asked.status().is_success() && !refused {
            return match asked.status() {
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    Err(ObjectsError::NotFound { what: self.shown() })
                }
                status => Err(self.fail(
                    ErrorKind::Unavailable,
                    format!("the server answered {status}; try again later"),
                )),
            };
        }
        // Some servers answer GET alone: its headers say the same, and the body is not read.
        let response = self.send(self.request(Method::GET)?).await?;
        match response.content_length() {
            Some(size) => Ok(self.describe(response.headers(), size)),
            None => {
                let mut bytes = response.bytes_stream();
                let mut size = 0;
                while let Some(piece) = bytes.try_next().await.map_err(|error| self.broken(error))? {
                    size += piece.len() as u64;
                }
                Ok(self.describe(&HeaderMap::new(), size))
            }
        }
    }

    fn describe(&self, headers: &HeaderMap, size_bytes: u64) -> FileMeta {
        let path = SafePath::parse(self.name()).unwrap_or_default();
        FileMeta {
            path,
            size_bytes,
            hint: hint(headers),
            modified_ms: None,
        }
    }

    /// The bytes, or a range of them. A server that ignores ranges is read from the start.
    pub async fn get(&self, range: Option<Range<u64>>) -> Result<(FileMeta, ByteStream)> {
        let Some(range) = range else {
            let response = self.send(self.request(Method::GET)?).await?;
            let meta = self.describe(response.headers(), response.content_length().unwrap_or_default());
            return Ok((meta, self.body(response)));
        };
        if range.is_empty() {
            return Ok((self.head().await?, futures::stream::empty().boxed()));
        }
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let response = self.send(self.request(Method::GET)?.header(RANGE, asked)).await?;
        if response.status() == StatusCode::PARTIAL_CONTENT {
            let size = whole_size(response.headers()).unwrap_or_default();
            return Ok((self.describe(response.headers(), size), self.body(response)));
        }
        let meta = self.describe(response.headers(), response.content_length().unwrap_or_default());
        Ok((meta, crate::stream::cut(self.body(response), range)))
    }

    fn body(&self, response: Response) -> ByteStream {
        let this = Self {
            url: self.url.clone(),
            headers: HeaderMap::new(),
        };
        response
            .bytes_stream()
            .map_err(move |error| this.broken(error))
            .boxed()
    }

    /// Downloads to `target`, which appears only when all is there. A connection that breaks is taken up where it
    /// ended, as long as the server says that the file is still the same.
    pub async fn download(&self, target: &Path, progress: &dyn Progress) -> Result<Downloaded> {
        let place = target.to_owned();
        let (mut file, partial) = blocking("write", move || new_partial(&place)).await?;
        let mut hasher = blake3::Hasher::new();
        let mut response = self.send(self.request(Method::GET)?).await?;
        let hint = hint(response.headers());
        let expected = response.content_length();
        let (mut done, mut resumes) = (0u64, 0);
        loop {
            let mut body = self.body(response);
            let broken = loop {
                match body.try_next().await {
                    Ok(Some(piece)) => {
                        hasher.update(&piece);
                        done += piece.len() as u64;
                        progress.advance(0, piece.len() as u64);
                        let place = target.to_owned();
                        file = blocking("write", move || {
                            file.write_all(&piece)
                                .map_err(|error| ObjectsError::io("write", &place, error))?;
                            Ok(file)
                        })
                        .await?;
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            let Some(error) = broken else { break };
            let Hint::Etag(etag) = &hint else {
                return Err(error);
            };
            resumes += 1;
            if resumes > RESUMES || etag.starts_with("W/") {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(200 << resumes)).await;
            let request = self
                .request(Method::GET)?
                .header(RANGE, format!("bytes={done}-"))
                .header(IF_RANGE, etag);
            response = self.send(request).await?;
            if response.status() != StatusCode::PARTIAL_CONTENT {
                return Err(ObjectsError::ChangedWhileRead { path: self.shown() });
            }
        }
        if expected.is_some_and(|expected| expected != done) {
            return Err(self.fail(
                ErrorKind::Unavailable,
                format!("the connection ended after {done} bytes; try again"),
            ));
        }
        let place = target.to_owned();
        blocking("write", move || {
            file.sync_all()
                .map_err(|error| ObjectsError::io("write", &place, error))?;
            crate::datastore::settle(partial, &place)
        })
        .await?;
        progress.advance(1, 0);
        Ok(Downloaded {
            size_bytes: done,
            hash: hasher.finalize().into(),
            hint,
        })
    }
}

impl std::fmt::Debug for HttpFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpFile({})", self.shown())
    }
}

fn header_number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn whole_size(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(CONTENT_RANGE)?
        .to_str()
        .ok()?
        .rsplit_once('/')?
        .1
        .parse()
        .ok()
}

fn hint(headers: &HeaderMap) -> Hint {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(ETAG), text(LAST_MODIFIED)) {
        (Some(etag), _) => Hint::Etag(etag.to_owned()),
        (None, Some(modified)) => Hint::Etag(format!("modified {modified}")),
        (None, None) => Hint::None,
    }
}
