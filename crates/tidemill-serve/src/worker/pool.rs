//! Starts workers, keeps who waits for them in a bounded line, reads their answers, and starts anew what dies.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};

use super::frame::{Ask, Incoming, MESSAGE, Question, Reply};
use super::line::{Job, Line, Sitting};
use super::process::{self, Facts, Marks, Process, Worker};
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
    next_number: AtomicU32,
    renew: watch::Sender<u64>,
    closing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    line: Line,
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

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The line is full.
    Full,
    /// The time of the request was up before its turn came.
    Late,
    /// No worker runs.
    Down(String),
    /// The worker that ran it, by its process, died.
    Died(u32),
    /// Its time was up, and the worker did not stop by itself.
    Hung(u32),
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
                next_number: AtomicU32::new(0),
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

    /// Asks a worker, in line, and waits for its answer.
    ///
    /// # Errors
    /// When the line is full, the time is up, no worker runs, or the one that ran it died.
    pub async fn ask(&self, ask: Ask, meta: &[u8], body: Bytes) -> Result<Reply, Refused> {
        let number = self.shared.next_number.fetch_add(1, Ordering::Relaxed);
        let question = Question::new(number, ask, meta, body);
        let question = question.map_err(|error| Refused::Down(error.to_string()))?;
        let (answer, answered) = oneshot::channel();
        self.shared.enter(Job { question, answer })?;
        let mut waits = Waits {
            number,
            shared: &self.shared,
            answered,
            done: false,
        };
        let timeout = self.shared.config.request_timeout;
        let answer = match tokio::time::timeout(timeout, &mut waits.answered).await {
            Ok(answer) => answer,
            Err(_) if self.shared.lock().line.withdraw(number) => Ok(Err(Refused::Late)),
            // A worker has begun it, and has its own time for that.
            Err(_) => (&mut waits.answered).await,
        };
        waits.done = true;
        answer.unwrap_or_else(|_| {
            let why = self.down();
            Err(Refused::Down(
                why.unwrap_or_else(|| String::from("the server stops")),
            ))
        })
    }

    /// Starts new workers, and lets the old ones go when these are ready.
    pub fn renew(&self) {
        self.shared.renew.send_modify(|times| *times += 1);
    }

    /// Lets all workers go, and waits for their end.
    pub async fn close(&self) {
        self.shared.closing.send_replace(true);
        self.shared.lock().line.close();
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

    /// Puts a question into the line.
    fn enter(&self, job: Job) -> Result<(), Refused> {
        let mut state = self.lock();
        // A worker that died is back soon, and is waited for; one that cannot be started is not.
        if let (0, Some(why)) = (state.alive, &state.failure) {
            return Err(Refused::Down(why.clone()));
        }
        let full = |line: &mut Line| {
            line.length()
                .is_some_and(|length| length >= self.config.max_queue)
        };
        if full(&mut state.line) {
            // Who gave up no longer counts.
            state.line.tidy();
            if full(&mut state.line) {
                return Err(Refused::Full);
            }
        }
        state.line.push(job);
        Ok(())
    }

    /// Lets a worker have questions, and reads its answers.
    fn offer(self: &Arc<Self>, worker: Worker) {
        let (stream, marks) = (Arc::clone(&worker.stream), Arc::clone(&worker.marks));
        self.lock().line.seat(worker);
        tokio::spawn(Arc::clone(self).attend(stream, marks));
    }

    /// Reads the answers of one worker, until it has no seat any more.
    async fn attend(self: Arc<Self>, stream: Arc<UnixStream>, marks: Arc<Marks>) {
        let patience = self.config.request_timeout + GRACE;
        let (mut incoming, mut buffer) = (Incoming::default(), vec![0; MESSAGE]);
        let due = tokio::time::sleep(patience);
        tokio::pin!(due);
        loop {
            let Some(Sitting { unsent, .. }) = self.sitting(&marks) else {
                return;
            };
            let interest = match unsent {
                true => Interest::READABLE | Interest::WRITABLE,
                false => Interest::READABLE,
            };
            tokio::select! {
                biased;
                ready = stream.ready(interest) => {
                    if unsent && ready.is_ok_and(|ready| ready.is_writable()) {
                        self.lock().line.send_more(marks.id);
                    }
                    if self.read(&stream, &marks, &mut incoming, &mut buffer) == Read::End {
                        return self.vacate(&marks, &Refused::Died(marks.pid));
                    }
                }
                () = marks.stir.notified() => {}
                () = &mut due => {
                    let since = self.sitting(&marks).and_then(|sitting| sitting.since);
                    let until = since.unwrap_or_else(Instant::now) + patience;
                    if until <= Instant::now() {
                        return self.vacate(&marks, &Refused::Hung(marks.pid));
                    }
                    due.as_mut().reset(until.into());
                }
            }
            if marks.has_ended() {
                // What it said at last is there now, and is all that will be.
                while self.read(&stream, &marks, &mut incoming, &mut buffer) == Read::Some {}
                return self.vacate(&marks, &Refused::Died(marks.pid));
            }
        }
    }

    fn sitting(&self, marks: &Marks) -> Option<Sitting> {
        self.lock().line.sitting(marks.id)
    }

    /// Reads one message of a worker.
    fn read(&self, stream: &UnixStream, marks: &Marks, incoming: &mut Incoming, buffer: &mut [u8]) -> Read {
        let taken = match stream.try_read(buffer) {
            Ok(0) => return Read::End,
            Ok(count) => incoming.take(&buffer[..count], self.config.max_answer_bytes),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Read::Nothing,
            Err(_) => return Read::End,
        };
        let Ok(taken) = taken else { return Read::End };
        if let Some((number, reply)) = taken {
            let job = self.lock().line.answered(marks.id, number, reply.is_last());
            if let Some(job) = job {
                job.end(Ok(reply));
            }
        }
        Read::Some
    }

    /// Takes a worker's seat away, and tells who waits for it why.
    fn vacate(&self, marks: &Marks, why: &Refused) {
        marks.kill();
        let jobs = self.lock().line.vacate(marks.id);
        for job in jobs {
            job.end(Err(why.clone()));
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
                Next::Renew => match self.replace(&mut process).await {
                    Renewed::Kept => continue,
                    Renewed::Taken(new, old_lives) => {
                        let mut old = std::mem::replace(&mut process, new);
                        if old_lives {
                            let shared = Arc::clone(&self);
                            tokio::spawn(async move {
                                old.ended().await;
                                shared.lock().alive -= 1;
                            });
                        }
                        continue;
                    }
                    Renewed::Lost => {}
                },
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

    /// Starts a worker in the place of one that answers meanwhile, and that is watched meanwhile: it may die, and its requests
    /// are told at once.
    async fn replace(self: &Arc<Self>, old: &mut Process) -> Renewed {
        let mut old_lives = true;
        let starting = self.start();
        tokio::pin!(starting);
        let started = loop {
            tokio::select! {
                biased;
                started = &mut starting => break started,
                how = old.ended(), if old_lives => {
                    self.bury(old, &how);
                    old_lives = false;
                }
            }
        };
        match started {
            Ok((worker, process)) => {
                self.offer(worker);
                self.lock().line.leave(old.marks.id);
                Renewed::Taken(process, old_lives)
            }
            Err(error) => {
                let message = format_args!("The changed code is not taken: {error}");
                self.log.line(Level::Error, None, message);
                if old_lives { Renewed::Kept } else { Renewed::Lost }
            }
        }
    }

    fn bury(&self, process: &Process, how: &str) {
        let pid = process.marks.pid;
        let mut state = self.lock();
        state.alive -= 1;
        drop(state);
        let message = format_args!("Worker with pid {pid} ended with {how}; another one takes its place");
        self.log.line(Level::Error, None, message);
    }

    fn fail(&self, error: &StartError) {
        let mut state = self.lock();
        state.failure = Some(error.to_string());
        if state.alive == 0 {
            // Nobody is there for them.
            state.line.clear();
        }
        drop(state);
        self.log
            .line(Level::Error, None, format_args!("{error}; tried again later"));
    }
}

/// What there was of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Some,
    Nothing,
    /// It will say no more that counts.
    End,
}

/// What happens next to a worker's place.
#[derive(Debug)]
enum Next {
    Ended(String),
    Renew,
    Close,
}

/// What came of a worker's renewal.
#[derive(Debug)]
enum Renewed {
    /// The new worker has the place; whether the old one still ends.
    Taken(Process, bool),
    /// The new one could not be started, and the old one goes on.
    Kept,
    /// The new one could not be started, and the old one died meanwhile.
    Lost,
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the pool is gone, and that is the same.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Who waits for an answer. Dropped before it came, the question leaves the line.
#[derive(Debug)]
struct Waits<'a> {
    number: u32,
    shared: &'a Shared,
    answered: oneshot::Receiver<Result<Reply, Refused>>,
    done: bool,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.shared.lock().line.withdraw(self.number);
        }
    }
}
