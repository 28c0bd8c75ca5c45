//! Files of a web server: read whole, in ranges, over broken connections, and never with their secrets shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::routing::any;
use futures::{StreamExt, stream};
use tidemill_objects::*;

use crate::support::{Sum, later, noise, path};

#[derive(Clone)]
struct Site {
    content: Arc<Vec<u8>>,
    requests: Arc<AtomicU32>,
}

impl Site {
    async fn start() -> (Self, String) {
        let site = Self {
            content: Arc::new(noise(1, 3_000_000)),
            requests: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/{*path}", any(answer))
            .with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (site, base)
    }
}

/// `data/a b%.csv` is a good file; `broken` ends its connections early; `changed` has another etag each time.
async fn answer(
    State(site): State<Site>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response<Body> {
    let request = site.requests.fetch_add(1, Ordering::SeqCst);
    if name == "aside" {
        let away = Response::builder().status(StatusCode::FOUND);
        let away = away.header("location", "http://169.254.169.254/latest/meta-data");
        return away.body(Body::empty()).unwrap();
    }
    let status = |code: StatusCode| Response::builder().status(code).body(Body::empty()).unwrap();
    if !matches!(
        name.as_str(),
        "data/a b%.csv" | "broken" | "changed" | "no-head" | "no-range"
    ) {
        return status(if name == "forbidden" {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::NOT_FOUND
        });
    }
    if name == "no-head" && method == Method::HEAD {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let etag = if name == "changed" {
        format!("\"{request}\"")
    } else {
        "\"v1\"".into()
    };
    let size = site.content.len();
    let range = headers
        .get("range")
        .filter(|_| name != "no-range")
        .and_then(|range| {
            let (start, end) = range.to_str().unwrap().strip_prefix("bytes=")?.split_once('-')?;
            Some((
                start.parse::<usize>().unwrap(),
                end.parse::<usize>().map_or(size, |end| (end + 1).min(size)),
            ))
        });
    let same = headers
        .get("if-range")
        .is_none_or(|known| known.to_str().unwrap() == etag);
    let (start, end, code) = match range {
        Some((start, end)) if same => (start, end, StatusCode::PARTIAL_CONTENT),
        _ => (0, size, StatusCode::OK),
    };
    let body = Bytes::copy_from_slice(&site.content[start..end]);
    let builder = Response::builder()
        .status(code)
        .header("etag", etag)
        .header("content-length", (end - start).to_string())
        .header(
            "content-range",
            format!("bytes {start}-{}/{size}", end.saturating_sub(1)),
        );
    if method == Method::GET && matches!(name.as_str(), "broken" | "changed") && end - start > 1_000_000 {
        let half = stream::iter([
            Ok(body.slice(..1_000_000)),
            Err(std::io::Error::other("cable cut")),
        ]);
        let slow = half.then(|piece| async {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            piece
        });
        return builder.body(Body::from_stream(slow)).unwrap();
    }
    builder.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_web_folder_is_read_and_refuses_the_rest() {
    let (site, base) = Site::start().await;
    let url = HiddenUrl::new(format!("{base}/data?sig=S3CRET"));
    let datastore = Datastore::open(&DatastoreConfig::Http { url }).unwrap();
    let file = path("a b%.csv");
    let head = datastore.head(&file).await.unwrap();
    assert_eq!(
        (head.size_bytes, &head.hint),
        (3_000_000, &Hint::Etag("\"v1\"".into()))
    );
    assert_eq!(datastore.get_all(&file, 1 << 30).await.unwrap(), **site.content);
    assert_eq!(
        datastore.get_range(&file, 10..20).await.unwrap(),
        site.content[10..20]
    );
    let target = ScanTarget::resolve(&datastore, "a b%.csv").await.unwrap();
    let found = scan(&datastore, &target, None, later(), &Silent).await.unwrap();
    assert_eq!(found.manifest.entries()[0].hash, Hash::of(&site.content));
    assert_eq!(
        scan(&datastore, &target, Some(&found.manifest), later(), &Silent)
            .await
            .unwrap()
            .files_read,
        0
    );
    let errors = [
        datastore.list(&SafePath::root()).await.unwrap_err(),
        datastore.put(&path("x"), Bytes::new()).await.unwrap_err(),
        datastore.head(&path("nothing")).await.unwrap_err(),
        ScanTarget::resolve(&datastore, "*.csv").await.unwrap_err(),
    ];
    let kinds: Vec<ErrorKind> = errors.iter().map(ObjectsError::kind).collect();
    assert_eq!(
        kinds,
        [
            ErrorKind::Invalid,
            ErrorKind::Forbidden,
            ErrorKind::NotFound,
            ErrorKind::NotFound
        ]
    );
    assert!(
        !format!("{errors:?} {datastore:?}").contains("S3CRET"),
        "{errors:?}"
    );
}

#[tokio::test]
async fn a_download_is_taken_up_where_the_connection_broke() {
    let (site, base) = Site::start().await;
    let here = tempfile::tempdir().unwrap();
    let target = here.path().join("file");
    let sum = Sum::default();
    let file = HttpFile::open(&format!("{base}/broken?token=S3CRET")).unwrap();
    let done = file.download(&target, &sum).await.unwrap();
    assert_eq!((done.size_bytes, done.hash), (3_000_000, Hash::of(&site.content)));
    assert_eq!(sum.get(), (1, 3_000_000));
    assert_eq!(std::fs::read(&target).unwrap(), **site.content);
    assert!(site.requests.load(Ordering::SeqCst) >= 3);
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_or_is_refused_is_said_and_leaves_nothing() {
    let (_site, base) = Site::start().await;
    let here = tempfile::tempdir().unwrap();
    let target = here.path().join("file");
    let download = async |name: &str| {
        let file = HttpFile::open(&format!("{base}/{name}?token=S3CRET")).unwrap();
        file.download(&target, &Silent).await.unwrap_err()
    };
    assert!(matches!(
        download("changed").await,
        ObjectsError::ChangedWhileRead { .. }
    ));
    assert_eq!(download("nothing").await.kind(), ErrorKind::NotFound);
    let error = download("forbidden").await;
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(
        error.to_string().contains("/forbidden") && !format!("{error:?}").contains("S3CRET"),
        "{error:?}"
    );
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
    let nobody = HttpFile::open("http://127.0.0.1:9/x?token=S3CRET").unwrap();
    let error = nobody.head().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        !format!("{error} {error:?} {nobody:?}").contains("S3CRET"),
        "{error:?}"
    );
    assert!(HttpFile::open("file:///etc/passwd").is_err());
}

#[tokio::test]
async fn where_a_machine_is_told_about_itself_nothing_is_read() {
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/latest/meta-data",
        "http://0xa9fea9fe/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/latest",
        "http://168.63.129.16/machine",
        "https://100.100.100.200/latest",
    ] {
        let error = HttpFile::open(url).unwrap_err();
        assert!(error.to_string().contains("told about itself"), "{url}: {error}");
    }
    let (_site, base) = Site::start().await;
    let here = tempfile::tempdir().unwrap();
    let led = HttpFile::open(&format!("{base}/aside")).unwrap();
    let error = led
        .download(&here.path().join("file"), &Silent)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("told about itself"), "{error}");
    assert!(HttpFile::open("http://10.0.0.1/data.csv").is_ok());
}

#[tokio::test]
async fn servers_without_head_or_ranges_are_fine() {
    let (site, base) = Site::start().await;
    let head = HttpFile::open(&format!("{base}/no-head"))
        .unwrap()
        .head()
        .await
        .unwrap();
    assert_eq!(head.size_bytes, 3_000_000);
    let (_, bytes) = HttpFile::open(&format!("{base}/no-range"))
        .unwrap()
        .get(Some(1_500_000..1_500_009))
        .await
        .unwrap();
    assert_eq!(
        collect("x", bytes, 9, 9).await.unwrap(),
        site.content[1_500_000..1_500_009]
    );
    assert_eq!(
        HttpFile::open("https://h/a%20b.csv?x=1").unwrap().name(),
        "a b.csv"
    );
    assert_eq!(HttpFile::open("https://h/%2e%2e%2fx").unwrap().name(), "download");
}
