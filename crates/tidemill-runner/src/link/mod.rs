//! The one way to the server: calls that go on until they are answered.

mod call;

use crate::args::RunnerArgs;
use crate::failure::Failure;
use crate::stop::{Cause, Stop};
use call::{CallError, Caller, Patience};
use reqwest::Method;
use std::time::Duration;
use tidemill_api::runner::{
    Assignment, EnvironmentReport, Finish, HEARTBEAT_S, LogAck, Orders, Progress, SERVER_AWAY_S,
};

/// The link of one attempt to its server. Cheap to clone. An order to cancel, and an answer that the job is another's,
/// throw the switch.
#[derive(Clone)]
pub(crate) struct Link {
    caller: Caller,
    stop: Stop,
}

impl Link {
    pub(crate) fn new(args: &RunnerArgs, stop: Stop) -> Result<Self, Failure> {
        let patience = Patience {
            away: Duration::from_secs(SERVER_AWAY_S),
            data_dir: args.data_dir.clone(),
            gone: args.patience,
        };
        Ok(Self {
            caller: Caller::new(&args.server_url, &args.token()?, patience, stop.clone())?,
            stop,
        })
    }

    pub(crate) async fn assignment(&self) -> Result<Assignment, Failure> {
        let answer = self.caller.call(Method::GET, "assignment", None).await;
        let answer =
            answer.map_err(|error| Failure::new(format!("failed to fetch the assignment: {error}")))?;
        serde_json::from_slice(&answer).map_err(|error| {
            Failure::new(format!(
                "failed to read the assignment: {error}; are both of one version?"
            ))
        })
    }

    /// Says where the job is.
    pub(crate) async fn progress(&self, progress: &Progress) -> Result<(), Failure> {
        self.ordered("progress", Some(json(progress))).await
    }

    /// Reports the environment that was prepared.
    pub(crate) async fn environment(&self, report: &EnvironmentReport) -> Result<(), Failure> {
        self.ordered("environment", Some(json(report))).await
    }

    /// Says every few seconds that this runner lives; never ends by itself.
    pub(crate) async fn heartbeats(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(HEARTBEAT_S)).await;
            if self.ordered("heartbeat", None).await.is_err() {
                return;
            }
        }
    }

    /// Sends a piece of a log file; gives the offset that the server has now.
    pub(crate) async fn log(&self, file: &str, offset: u64, piece: Vec<u8>) -> Result<u64, Failure> {
        let query = {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query
                .append_pair("file", file)
                .append_pair("offset", &offset.to_string());
            query.finish()
        };
        let body = call::Body {
            bytes: piece.into(),
            kind: "application/octet-stream",
        };
        let answer = self
            .caller
            .call(Method::POST, &format!("logs?{query}"), Some(body))
            .await;
        let answer = answer.map_err(|error| self.broken(error))?;
        let ack: LogAck = serde_json::from_slice(&answer)
            .map_err(|error| Failure::new(format!("failed to read the server's answer to a log: {error}")))?;
        Ok(ack.next_offset)
    }

    /// Says how the job ended.
    pub(crate) async fn finish(&self, finish: &Finish) -> Result<(), Failure> {
        let answer = self.caller.call(Method::POST, "finish", Some(json(finish))).await;
        answer
            .map(drop)
            .map_err(|error| Failure::new(format!("failed to report the end of the job: {error}")))
    }

    async fn ordered(&self, path: &str, body: Option<call::Body>) -> Result<(), Failure> {
        let answer = self.caller.call(Method::POST, path, body).await;
        let answer = answer.map_err(|error| self.broken(error))?;
        // An older server may answer nothing: no orders then.
        let orders: Orders = serde_json::from_slice(&answer).unwrap_or_default();
        if orders.cancel {
            self.stop.throw(Cause::Canceled);
        }
        Ok(())
    }

    fn broken(&self, error: CallError) -> Failure {
        let reason = error.to_string();
        self.stop.throw(match error {
            CallError::Disowned { .. } => Cause::Disowned(reason.clone()),
            CallError::Away { .. } | CallError::Refused { .. } => Cause::Broken(reason.clone()),
        });
        Failure::new(reason)
    }
}

fn json<T: serde::Serialize>(value: &T) -> call::Body {
    let bytes = serde_json::to_vec(value).expect("wire types always become JSON");
    call::Body {
        bytes: bytes.into(),
        kind: "application/json",
    }
}
