//! Lends workers out, one request each; keeps who waits in a bounded line; starts anew what dies.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::frame::{Ask, Reply};
use super::process::{self, Facts, Process, Worker};
use crate::config::Config;
use crate::error::StartError;
use crate::log::{Level, Log};

/// How long a worker that does not heed its timeout is left alone before it is ended.
const GRACE: Duration = Duration::from_secs(2);
/// The pause before a worker is started anew that died at once, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(30));

/// The workers of one model. Clones are the same pool.
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Arc<Config>,
    log: Log,
    state: Mutex<State>,
    next_id: AtomicU64,
    renew: watch::Sender<u64>,
    closing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Worker>,
    waiting: VecDeque<oneshot::Sender<Lease>>,
    alive: usize,
    /// Why the last one could not be started.
    failure: Option<String>,
    facts: Facts,
}

/// What a worker wants of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfRequests {
    /// Its headers.
    pub wants_headers: bool,
    /// All of it, whatever its method.
    pub raw: bool,
}

/// Why there is no worker for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Busy {
    /// The line is full.
    Full,
    /// The time of the request was up before its turn came.
    Late,
    /// No worker runs.
    Down(String),
}

/// How a question ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// The worker died.
    Died,
    /// Its time was up, and it did not stop by itself.
    Hung,
}

impl Pool {
    /// Starts the workers, and waits until each is ready.
    ///
    /// # Errors
    /// When one cannot be made ready.
    pub async fn start(config: Arc<Config>, log: Log) -> Result<Self, StartError> {
        let workers = config.workers.max(1);
        let pool = Self {
            shared: Arc::new(Shared {
                config,
                log,
                state: Mutex::default(),
                next_id: AtomicU64::new(0),
                renew: watch::Sender::new(0),
                closing: watch::Sender::new(false),
            }),
        };
        let starting: Vec<_> = (0..workers)
            .map(|_| {
                let shared = Arc::clone(&pool.shared);
                tokio::spawn(async move { shared.start().await })
            })
            .collect();
        let mut failed = None;
        for start in starting {
            match start.await {
                Ok(Ok((worker, process))) => {
                    let shared = Arc::clone(&pool.shared);
                    shared.offer(worker);
                    tokio::spawn(shared.supervise(process));
                }
                Ok(Err(error)) => failed = failed.or(Some(error)),
                Err(error) => {
                    failed = failed.or(Some(StartError::Model {
                        reason: error.to_string(),
                    }));
                }
            }
        }
        match failed {
            None => Ok(pool),
            Some(error) => {
                pool.close().await;
                Err(error)
            }
        }
    }

    /// What the workers say of their model.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.shared.lock().facts.clone()
    }

    /// What every request must know of the model.
    #[must_use]
    pub fn facts_of_requests(&self) -> OfRequests {
        let state = self.shared.lock();
        OfRequests {
            wants_headers: state.facts.wants_headers,
            raw: state.facts.raw,
        }
    }

    /// Why no worker runs; `None` while one does.
    #[must_use]
    pub fn down(&self) -> Option<String> {
        self.shared.lock().down()
    }

    /// Waits for a worker, in line.
    ///
    /// # Errors
    /// When the line is full, the time is up, or no worker runs.
    pub async fn lease(&self) -> Result<Lease, Busy> {
        let waits = {
            let mut state = self.shared.lock();
            if let Some(worker) = state.idle.pop() {
                drop(state);
                return Ok(Lease::new(worker, &self.shared));
            }
            // A worker that died is back soon, and is waited for; one that cannot be started is not.
            if let (0, Some(why)) = (state.alive, &state.failure) {
                return Err(Busy::Down(why.clone()));
            }
            if state.waiting.len() >= self.shared.config.max_queue {
                // Who gave up no longer counts.
                state.waiting.retain(|waits| !waits.is_closed());
                if state.waiting.len() >= self.shared.config.max_queue {
                    return Err(Busy::Full);
                }
            }
            let (turn, waits) = oneshot::channel();
            state.waiting.push_back(turn);
            waits
        };
        match tokio::time::timeout(self.shared.config.request_timeout, waits).await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(_)) => {
                let why = self.down();
                Err(Busy::Down(
                    why.unwrap_or_else(|| String::from("the server stops")),
                ))
            }
            Err(_) => Err(Busy::Late),
        }
    }

    /// Starts new workers, and lets the old ones go when these are ready.
    pub fn renew(&self) {
        self.shared.renew.send_modify(|times| *times += 1);
    }

    /// Lets all workers go, and waits for their end.
    pub async fn close(&self) {
        self.shared.closing.send_replace(true);
        let (idle, waiting) = {
            let mut state = self.shared.lock();
            (
                std::mem::take(&mut state.idle),
                std::mem::take(&mut state.waiting),
            )
        };
        drop((idle, waiting));
        for _ in 0..200 {
            if self.shared.lock().alive == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl State {
    fn down(&self) -> Option<String> {
        (self.alive == 0).then(|| {
            let why = self.failure.clone();
            why.unwrap_or_else(|| String::from("its worker died and is being started anew"))
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn start(&self) -> Result<(Worker, Process), StartError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (worker, process, facts) = process::start(&self.config, id).await?;
        let (pid, python) = (facts.pid, facts.python.clone());
        let mut state = self.lock();
        state.alive += 1;
        state.failure = None;
        state.facts = facts;
        drop(state);
        let timeout = format_args!(
            "Scoring timeout is set to {}",
            self.config.request_timeout.as_millis()
        );
        self.log.line(Level::Info, None, timeout);
        let more = match self.config.plain_log {
            true => String::new(),
            false => format!(" (Python {python})"),
        };
        let message = format_args!("Worker with pid {pid} ready for serving traffic{more}");
        self.log.line(Level::Info, None, message);
        Ok((worker, process))
    }

    /// Gives a worker to who waits longest, or lays it by.
    ///
    /// It is lent already when it is handed over: should the one who waits be gone, it comes back by itself.
    fn offer(self: &Arc<Self>, mut worker: Worker) {
        if worker.marks.retired.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        while let Some(turn) = state.waiting.pop_front() {
            match turn.send(Lease::new(worker, self)) {
                Ok(()) => return,
                Err(mut back) => match back.worker.take() {
                    Some(back) => worker = back,
                    None => return,
                },
            }
        }
        if !*self.closing.borrow() {
            state.idle.push(worker);
        }
    }

    /// Takes a worker back that has answered, unless it ends with this answer: the next request is not for it.
    fn back(self: &Arc<Self>, worker: Worker, reply: &Reply) {
        if !reply.is_last() {
            self.offer(worker);
        }
    }

    /// Watches one worker after the other in one place of the pool.
    async fn supervise(self: Arc<Self>, mut process: Process) {
        let (mut closing, mut renewals) = (self.closing.subscribe(), self.renew.subscribe());
        let mut pause = PAUSE.0;
        loop {
            let began = tokio::time::Instant::now();
            let next = tokio::select! {
                biased;
                () = closed(&mut closing) => Next::Close,
                how = process.ended() => Next::Ended(how),
                Ok(()) = renewals.changed() => Next::Renew,
            };
            match next {
                Next::Ended(how) => self.bury(&process, &how),
                Next::Renew => {
                    if let Some(new) = self.replace(&process).await {
                        let mut old = std::mem::replace(&mut process, new);
                        let shared = Arc::clone(&self);
                        tokio::spawn(async move {
                            old.ended().await;
                            shared.lock().alive -= 1;
                        });
                    }
                    continue;
                }
                Next::Close => {
                    if tokio::time::timeout(GRACE, process.ended()).await.is_err() {
                        process.marks.kill();
                        process.ended().await;
                    }
                    self.lock().alive -= 1;
                    return;
                }
            }
            if began.elapsed() > PAUSE.1 {
                pause = PAUSE.0;
            }
            // Started anew, with longer and longer pauses while that does not help.
            process = loop {
                if tokio::time::timeout(pause, closed(&mut closing)).await.is_ok() {
                    return;
                }
                pause = (pause * 2).min(PAUSE.1);
                match self.start().await {
                    Ok((worker, process)) => {
                        self.offer(worker);
                        break process;
                    }
                    Err(error) => self.fail(&error),
                }
            };
        }
    }

    async fn replace(self: &Arc<Self>, old: &Process) -> Option<Process> {
        match self.start().await {
            Ok((worker, process)) => {
                old.marks.retired.store(true, Ordering::Release);
                let mut state = self.lock();
                state.idle.retain(|idle| idle.marks.id != old.marks.id);
                drop(state);
                self.offer(worker);
                Some(process)
            }
            Err(error) => {
                let message = format_args!("The changed code is not taken: {error}");
                self.log.line(Level::Error, None, message);
                None
            }
        }
    }

    fn bury(&self, process: &Process, how: &str) {
        let pid = process.marks.pid;
        let mut state = self.lock();
        state.alive -= 1;
        state.idle.retain(|idle| idle.marks.id != process.marks.id);
        drop(state);
        let message = format_args!("Worker with pid {pid} ended with {how}; another one takes its place");
        self.log.line(Level::Error, None, message);
    }

    fn fail(&self, error: &StartError) {
        let mut state = self.lock();
        state.failure = Some(error.to_string());
        if state.alive == 0 {
            // Nobody is there for them.
            state.waiting.clear();
        }
        drop(state);
        self.log
            .line(Level::Error, None, format_args!("{error}; tried again later"));
    }
}

/// What happens next to a worker's place.
#[derive(Debug)]
enum Next {
    Ended(String),
    Renew,
    Close,
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the pool is gone, and that is the same.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// A worker that works for one request.
#[derive(Debug)]
pub struct Lease {
    worker: Option<Worker>,
    shared: Arc<Shared>,
    progress: Progress,
}

/// How far a question has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Nothing,
    Asking,
    Asked,
}

impl Lease {
    fn new(worker: Worker, shared: &Arc<Shared>) -> Self {
        Self {
            worker: Some(worker),
            shared: Arc::clone(shared),
            progress: Progress::Nothing,
        }
    }

    /// The worker's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.worker.as_ref().map_or(0, |worker| worker.marks.pid)
    }

    /// Asks, and waits for the answer; then the worker is free again.
    ///
    /// # Errors
    /// When the worker died, or did not answer in time and was ended.
    pub async fn ask(mut self, ask: Ask, meta: &[u8], body: &[u8]) -> Result<Reply, Unanswered> {
        let limit = self.shared.config.max_answer_bytes;
        let patience = self.shared.config.request_timeout + GRACE;
        self.progress = Progress::Asking;
        let progress = &mut self.progress;
        let Some(worker) = self.worker.as_mut() else {
            return Err(Unanswered::Died);
        };
        let answered = tokio::time::timeout(patience, async {
            worker.ask(ask, meta, body).await?;
            *progress = Progress::Asked;
            worker.reply(limit).await
        });
        let (answer, error) = match answered.await {
            Ok(Ok(reply)) => (Some(reply), Unanswered::Died),
            Ok(Err(_)) => (None, Unanswered::Died),
            Err(_) => (None, Unanswered::Hung),
        };
        let worker = self.worker.take();
        match (answer, worker) {
            (Some(reply), Some(worker)) => {
                self.shared.back(worker, &reply);
                Ok(reply)
            }
            (_, worker) => {
                if let Some(worker) = worker {
                    worker.marks.kill();
                }
                Err(error)
            }
        }
    }
}

impl Drop for Lease {
    /// Who asked went away: the answer is waited for and thrown away, then the worker is free again.
    fn drop(&mut self) {
        let Some(mut worker) = self.worker.take() else {
            return;
        };
        match self.progress {
            Progress::Nothing => return self.shared.offer(worker),
            // It would wait for the rest of the question for ever.
            Progress::Asking => return worker.marks.kill(),
            Progress::Asked => {}
        }
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let limit = shared.config.max_answer_bytes;
            let patience = shared.config.request_timeout + GRACE;
            match tokio::time::timeout(patience, worker.reply(limit)).await {
                Ok(Ok(reply)) => shared.back(worker, &reply),
                _ => worker.marks.kill(),
            }
        });
    }
}
