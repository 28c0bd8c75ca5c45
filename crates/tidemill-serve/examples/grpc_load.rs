//! Load for the bench of serving: the same gRPC call again and again over some connections, one at a time on each.
//!
//! `grpc_load ADDRESS METHOD FILE CONNECTIONS SECONDS [NAME=VALUE]…`: the file holds the message, without gRPC's five bytes before it;
//! metadata follows. Prints what `wrk` with `bench/score.lua` prints.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Request};
use futures::StreamExt as _;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Clone)]
struct Load {
    address: String,
    method: String,
    message: Bytes,
    metadata: Vec<(HeaderName, HeaderValue)>,
    until: Instant,
}

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, method, file, connections, seconds, metadata @ ..] = words.as_slice() else {
        return Err("grpc_load ADDRESS METHOD FILE CONNECTIONS SECONDS [NAME=VALUE]…".into());
    };
    let (connections, seconds): (usize, u64) = (connections.parse()?, seconds.parse()?);
    let message = std::fs::read(file)?;
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
    framed.extend_from_slice(&message);
    let pairs = metadata.iter().filter_map(|word| word.split_once('='));
    let metadata = pairs
        .map(|(name, value)| Ok((name.parse()?, value.parse()?)))
        .collect::<Result<_, Failure>>()?;
    let began = Instant::now();
    let load = Load {
        address: address.clone(),
        method: method.clone(),
        message: framed.into(),
        metadata,
        until: began + Duration::from_secs(seconds),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    let each = local.block_on(&runtime, async {
        let all: Vec<_> = (0..connections)
            .map(|_| tokio::task::spawn_local(one(load.clone())))
            .collect();
        futures::future::join_all(all).await
    });
    let took = began.elapsed();
    let (mut times, mut errors) = (Vec::new(), 0);
    for one in each {
        let (own, failed) = one??;
        times.extend(own);
        errors += failed;
    }
    times.sort_unstable();
    let at = |part: f64| {
        let place = (times.len().saturating_sub(1)) as f64 * part;
        times.get(place as usize).map_or(0.0, |us| *us as f64 / 1e3)
    };
    println!(
        "{{\"requests\":{},\"seconds\":{:.6},\"p50_ms\":{:.3},\"p99_ms\":{:.3},\"errors\":{errors}}}",
        times.len(),
        took.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
    Ok(())
}

/// One connection: how long each call took, in microseconds, and how many failed.
async fn one(load: Load) -> Result<(Vec<u64>, u64), Failure> {
    let stream = tokio::net::TcpStream::connect(&load.address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut times, mut errors) = (Vec::new(), 0);
    while Instant::now() < load.until {
        let mut request = Request::post(format!("http://{}{}", load.address, load.method))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Body::from(load.message.clone()))?;
        for (name, value) in &load.metadata {
            request.headers_mut().insert(name, value.clone());
        }
        let sent = Instant::now();
        sender.ready().await?;
        let answer = sender.send_request(request).await?;
        let early = answer.headers().get("grpc-status").cloned();
        let mut body = http_body(answer.into_body());
        let mut told = early;
        while let Some(frame) = body.next().await {
            if let Some(trailers) = frame?.trailers_ref() {
                told = trailers.get("grpc-status").cloned();
            }
        }
        times.push(u64::try_from(sent.elapsed().as_micros())?);
        errors += u64::from(told.is_none_or(|status| status != "0"));
    }
    Ok((times, errors))
}

/// The frames of a body, trailers among them.
fn http_body(
    body: hyper::body::Incoming,
) -> impl futures::Stream<Item = Result<hyper::body::Frame<Bytes>, hyper::Error>> + Unpin {
    use hyper::body::Body as _;
    let mut body = body;
    futures::stream::poll_fn(move |context| std::pin::Pin::new(&mut body).poll_frame(context))
}
