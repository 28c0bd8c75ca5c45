//! Shared memory, traces and the log over gRPC. Nothing of it can be changed here; what there is, is told.

use tonic::Status;

use super::message::*;
use crate::http::App;
use crate::oip::NO_SHARED_MEMORY;

/// No region is registered.
pub(super) async fn regions(_: App, asked: NamedRequest) -> Result<EmptyResponse, Status> {
    match asked.name.as_str() {
        "" => Ok(EmptyResponse {}),
        name => Err(Status::not_found(format!(
            "Unable to find shared memory region: '{name}'; {NO_SHARED_MEMORY}"
        ))),
    }
}

pub(super) async fn register(_: App, asked: NamedRequest) -> Result<EmptyResponse, Status> {
    Err(Status::unimplemented(format!(
        "failed to register shared memory region '{}': {NO_SHARED_MEMORY}",
        asked.name
    )))
}

/// What is not registered is gone.
pub(super) async fn unregister(_: App, _: NamedRequest) -> Result<EmptyResponse, Status> {
    Ok(EmptyResponse {})
}

pub(super) async fn traces(_: App, asked: TraceSettingRequest) -> Result<TraceSettingResponse, Status> {
    let one = |value: &str| TraceValue {
        value: vec![value.into()],
    };
    let settings = [
        ("trace_level", one("OFF")),
        ("trace_rate", one("1000")),
        ("trace_count", one("-1")),
        ("log_frequency", one("0")),
        ("trace_file", one("")),
        ("trace_mode", one("triton")),
    ];
    let are: std::collections::HashMap<_, _> = settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    // A setting without a value is to be as it was at the start.
    let other = asked
        .settings
        .iter()
        .find(|(name, value)| !value.value.is_empty() && are.get(*name) != Some(value));
    match other {
        None => Ok(TraceSettingResponse { settings: are }),
        Some((name, _)) => Err(fixed(name, "trace settings")),
    }
}

pub(super) async fn logging(_: App, asked: LogSettingsRequest) -> Result<LogSettingsResponse, Status> {
    let truth = |value| LogValue {
        bool_param: Some(value),
        ..LogValue::default()
    };
    let text = |value: &str| LogValue {
        string_param: Some(value.into()),
        ..LogValue::default()
    };
    let settings = [
        ("log_file", text("")),
        ("log_info", truth(true)),
        ("log_warning", truth(true)),
        ("log_error", truth(true)),
        (
            "log_verbose_level",
            LogValue {
                uint32_param: Some(0),
                ..LogValue::default()
            },
        ),
        ("log_format", text("default")),
    ];
    let are: std::collections::HashMap<_, _> = settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    match asked
        .settings
        .iter()
        .find(|(name, value)| are.get(*name) != Some(value))
    {
        None => Ok(LogSettingsResponse { settings: are }),
        Some((name, _)) => Err(fixed(name, "log settings")),
    }
}

fn fixed(name: &str, what: &str) -> Status {
    Status::unimplemented(format!(
        "failed to change `{name}`: the {what} of this server cannot be changed while it runs"
    ))
}
