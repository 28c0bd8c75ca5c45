//! A copy of a request for a deployment that is only watched: its answer is dropped, and the caller never waits for it.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use tidemill_app::gateway::Entry;

use super::connection::send;
use super::forward::{Call, prepared};
use crate::Server;

/// Sends a copy to a deployment, if one of its instances takes it at once.
pub(super) fn copy(server: &Server, call: &Call, deployment: &str, parts: &Parts, body: Bytes) {
    let Some(backend) = server
        .app
        .gateway
        .backend(&call.workspace, &call.endpoint, deployment)
    else {
        return;
    };
    let Some(lease) = backend.turn_at_once() else {
        return;
    };
    let request = prepared(parts, &lease, call, Body::from(body));
    let (app, call, method) = (server.app.clone(), call.clone(), parts.method.to_string());
    tokio::spawn(async move {
        let started = Instant::now();
        let limit = Duration::from_millis(backend.settings().timeout_ms);
        let answered = tokio::time::timeout(limit, send(&lease.target, request)).await;
        let took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let model_status = match answered {
            Ok(Ok((answer, connection))) => {
                let status = match call.grpc {
                    true => super::grpc::status(answer.status(), answer.headers()),
                    false => answer.status(),
                }
                .as_u16();
                // Read to its end, so that the connection can be used again.
                let read = axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX);
                if let Ok(Ok(_)) = tokio::time::timeout(limit, read).await {
                    connection.put_back();
                }
                Some(status)
            }
            _ => None,
        };
        let instance = Some(lease.target.number);
        drop(lease);
        backend.figures.count_mirrored();
        let entry = Entry {
            at: app.clock.now_ms(),
            request_id: call.id,
            instance,
            method,
            path: format!("/{}", call.path),
            status: model_status.unwrap_or(504),
            model_status,
            took_us,
            waited_us: 0,
            caller: call.caller,
            mirrored: true,
        };
        app.gateway
            .requests
            .note(&call.workspace, &call.endpoint, &backend.deployment, entry);
    });
}
