//! Who waits and who works: gives questions to workers, one ahead to each that is busy, and takes back what is not begun.
//!
//! A worker that has its next question already does not sleep in between: that is worth more than all else where `run()` is short.
//! Nobody waits longer for it: as soon as another worker is free, this one died or turned out to be slow, what it has not begun is
//! taken out of its socket again. The server keeps a copy of the worker's end for that. Whoever reads a question first has it, as a message is read whole.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use super::frame::{MESSAGE, Question, Reply, number_of, written};
use super::pool::Refused;
use super::process::{Marks, Worker};

/// Where `run()` takes longer, a question ahead gains nothing, and waits for long.
const SLOW: Duration = Duration::from_millis(20);

/// A question and who waits for its answer.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) question: Question,
    pub(super) answer: oneshot::Sender<Result<Reply, Refused>>,
}

impl Job {
    pub(super) fn end(self, with: Result<Reply, Refused>) {
        // Who asked may have gone.
        let _ = self.answer.send(with);
    }
}

/// A worker, and what it was given.
#[derive(Debug)]
struct Seat {
    marks: Arc<Marks>,
    stream: Arc<UnixStream>,
    /// The worker's end of the socket.
    theirs: Socket,
    /// Oldest first: it works on the first.
    given: VecDeque<Job>,
    /// Bytes of the first that were sent.
    sent: usize,
    /// Since when it works on the first, or is free.
    since: Instant,
    /// It gets nothing more.
    leaving: bool,
}

/// The workers of a pool and who waits for them.
#[derive(Debug, Default)]
pub(super) struct Line {
    seats: Vec<Seat>,
    waiting: VecDeque<Job>,
    closed: bool,
}

/// How a worker's seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sitting {
    /// More is to be written.
    pub(super) unsent: bool,
    /// Since when it works on what it was given; none where it is free.
    pub(super) since: Option<Instant>,
}

impl Line {
    /// Lets a worker have questions.
    pub(super) fn seat(&mut self, worker: Worker) {
        let Worker {
            stream,
            theirs,
            marks,
        } = worker;
        if self.closed {
            return;
        }
        self.seats.push(Seat {
            marks,
            stream,
            theirs,
            given: VecDeque::new(),
            sent: 0,
            since: Instant::now(),
            leaving: false,
        });
        self.dispatch();
    }

    /// How a worker is; none where it has no seat any more.
    pub(super) fn sitting(&self, id: u64) -> Option<Sitting> {
        let seat = self.seats.iter().find(|seat| seat.marks.id == id)?;
        Some(Sitting {
            unsent: seat.is_sending(),
            since: seat.given.front().map(|_| seat.since),
        })
    }

    /// How many wait, if nobody is free.
    pub(super) fn length(&mut self) -> Option<usize> {
        if self.seats.iter().any(Seat::is_free) {
            return None;
        }
        let ahead: usize = self
            .seats
            .iter()
            .map(|seat| seat.given.len().saturating_sub(1))
            .sum();
        Some(self.waiting.len() + ahead)
    }

    /// Forgets those who gave up.
    pub(super) fn tidy(&mut self) {
        self.waiting.retain(|job| !job.answer.is_closed());
    }

    /// Puts a question at the end of the line.
    pub(super) fn push(&mut self, job: Job) {
        // Nobody answers any more: who waits is told by the end of its channel.
        if !self.closed {
            self.waiting.push_back(job);
            self.dispatch();
        }
    }

    /// Gives work to who is free, then one question ahead to who is busy.
    fn dispatch(&mut self) {
        if self.closed {
            // Who waits is told by the end of its channel.
            self.waiting.clear();
            return;
        }
        self.spare();
        while let Some(at) = self.free() {
            let Some(job) = self.next().or_else(|| self.taken_back()) else {
                break;
            };
            self.seats[at].give(job);
        }
        while let Some(at) = self.waiting.front().and_then(|job| self.ahead(job)) {
            if let Some(job) = self.next() {
                self.seats[at].give(job);
            }
        }
    }

    /// Takes back what was given ahead to workers that turned out to be slow: others would be served before it.
    fn spare(&mut self) {
        let slow = self
            .seats
            .iter_mut()
            .filter(|seat| seat.given.len() > 1 && seat.is_slow());
        let mut spared: Vec<Job> = slow.filter_map(Seat::take_back).collect();
        spared.sort_by_key(|job| job.question.number);
        for job in spared.into_iter().rev() {
            self.waiting.push_front(job);
        }
    }

    fn next(&mut self) -> Option<Job> {
        loop {
            let job = self.waiting.pop_front()?;
            if !job.answer.is_closed() {
                return Some(job);
            }
        }
    }

    /// The worker that became free last: what it needs is still in the processor's caches.
    fn free(&self) -> Option<usize> {
        let seats = self.seats.iter().enumerate().filter(|(_, seat)| seat.is_free());
        seats.max_by_key(|(_, seat)| seat.since).map(|(at, _)| at)
    }

    /// The busy worker that may have this question ahead: the one that will probably be done first.
    fn ahead(&self, job: &Job) -> Option<usize> {
        if !job.question.is_one_message() {
            return None;
        }
        let seats = self.seats.iter().enumerate();
        let seats = seats.filter(|(_, seat)| seat.takes_ahead() && !seat.is_slow());
        seats.min_by_key(|(_, seat)| seat.since).map(|(at, _)| at)
    }

    /// A question that some worker was given ahead, and has not begun.
    fn taken_back(&mut self) -> Option<Job> {
        let busy = self.seats.iter_mut().filter(|seat| seat.given.len() > 1);
        let mut busy: Vec<&mut Seat> = busy.collect();
        busy.sort_by_key(|seat| seat.since);
        busy.into_iter().find_map(Seat::take_back)
    }

    /// Writes more of what a worker is given.
    pub(super) fn send_more(&mut self, id: u64) {
        if let Some(seat) = self.at(id) {
            seat.send();
        }
    }

    /// Notes that a worker has answered. Gives back who waits for it.
    pub(super) fn answered(&mut self, id: u64, number: u32, last: bool) -> Option<Job> {
        let seat = self.at(id)?;
        if seat.given.front()?.question.number != number {
            // It is out of step, and none of its answers can be trusted.
            seat.marks.kill();
            return None;
        }
        let job = seat.given.pop_front();
        seat.since = Instant::now();
        // The next one was sent ahead, whole.
        seat.sent = usize::MAX;
        if last {
            self.leave(id);
        } else if seat.leaving && seat.given.is_empty() {
            self.remove(id);
        } else {
            self.dispatch();
        }
        job
    }

    /// Gives a worker nothing more; it goes when it has answered.
    pub(super) fn leave(&mut self, id: u64) {
        let Some(seat) = self.at(id) else { return };
        seat.leaving = true;
        let back = (seat.given.len() > 1).then(|| seat.take_back()).flatten();
        if seat.given.is_empty() {
            self.remove(id);
        }
        if let Some(job) = back {
            self.waiting.push_front(job);
        }
        self.dispatch();
    }

    /// Takes a worker's seat away. What it had not begun is for others; who waits for the rest is given back.
    pub(super) fn vacate(&mut self, id: u64) -> Vec<Job> {
        let Some(mut seat) = self.remove(id) else {
            return Vec::new();
        };
        let mut unbegun = Vec::new();
        // A question of several messages may have been begun.
        if seat.given.iter().all(|job| job.question.is_one_message()) {
            while let Some(job) = seat.take_back() {
                unbegun.push(job);
            }
        }
        for job in unbegun.into_iter().rev() {
            self.waiting.push_front(job);
        }
        self.dispatch();
        seat.given.into()
    }

    /// Takes a question out of the line whose time is up; `false` where a worker has begun it.
    pub(super) fn withdraw(&mut self, number: u32) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|job| job.question.number != number);
        if self.waiting.len() < before {
            return true;
        }
        let has = |seat: &&mut Seat| seat.given.iter().skip(1).any(|job| job.question.number == number);
        let Some(seat) = self.seats.iter_mut().find(has) else {
            return false;
        };
        match seat.take_back() {
            Some(job) if job.question.number == number => true,
            Some(other) => {
                // Not even the first was begun: the one that is meant lies behind it.
                let meant = seat.take_back();
                seat.give(other);
                match meant {
                    Some(job) if job.question.number == number => true,
                    Some(job) => {
                        seat.give(job);
                        false
                    }
                    None => false,
                }
            }
            None => false,
        }
    }

    /// Lets go who waits: nobody will answer.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Lets all go; those that work finish first.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.waiting.clear();
        let ids: Vec<u64> = self.seats.iter().map(|seat| seat.marks.id).collect();
        for id in ids {
            if let Some(seat) = self.at(id) {
                seat.leaving = true;
                if seat.given.is_empty() {
                    self.remove(id);
                }
            }
        }
    }

    fn at(&mut self, id: u64) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.marks.id == id)
    }

    fn remove(&mut self, id: u64) -> Option<Seat> {
        let at = self.seats.iter().position(|seat| seat.marks.id == id)?;
        let seat = self.seats.swap_remove(at);
        // Who attends to it sees that it is gone.
        seat.marks.stir.notify_one();
        Some(seat)
    }
}

impl Seat {
    fn is_free(&self) -> bool {
        self.given.is_empty() && !self.leaving
    }

    /// Whether it works for so long that a question ahead would gain nothing.
    fn is_slow(&self) -> bool {
        self.since.elapsed() >= SLOW
    }

    fn takes_ahead(&self) -> bool {
        let one = |job: &Job| job.question.is_one_message();
        self.given.len() == 1 && !self.leaving && self.given.iter().all(one) && !self.is_sending()
    }

    fn is_sending(&self) -> bool {
        let rest = |job: &Job| job.question.message(self.sent).is_some();
        self.given.front().is_some_and(rest)
    }

    fn give(&mut self, job: Job) {
        self.given.push_back(job);
        match self.given.len() {
            1 => {
                self.since = Instant::now();
                self.sent = 0;
                self.send();
                if self.is_sending() {
                    self.marks.stir.notify_one();
                }
            }
            // One message, behind one that was sent.
            _ => self.send_ahead(),
        }
    }

    fn send(&mut self) {
        while let Some(message) = self.given.front().and_then(|job| job.question.message(self.sent)) {
            match written(&self.stream, message) {
                Ok(true) => self.sent += message.len(),
                Ok(false) => return,
                Err(_) => return self.marks.kill(),
            }
        }
    }

    fn send_ahead(&mut self) {
        let message = self.given.back().and_then(|job| job.question.message(0));
        let sent = message.map(|message| written(&self.stream, message));
        if !matches!(sent, Some(Ok(true))) {
            // There is room for two messages in any socket; one that has none is broken.
            self.marks.kill();
        }
    }

    /// The first question that lies in its socket still.
    fn take_back(&mut self) -> Option<Job> {
        let mut buffer = [0; MESSAGE];
        let count = self.theirs.read(&mut buffer).ok()?;
        let number = number_of(&buffer[..count])?;
        let at = self.given.iter().position(|job| job.question.number == number)?;
        if at == 0 {
            // The next one is the first now, and was sent.
            self.sent = usize::MAX;
        }
        self.given.remove(at)
    }
}
