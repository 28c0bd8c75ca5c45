//! Who runs where and when: a queue for each compute, and the room that it has.
//!
//! The store is the truth; this is the order of the moment, rebuilt at each start.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidemill_compute::Handle;
use tokio::sync::Notify;

use crate::App;

/// A compute of a workspace.
type Place = (String, String);
/// A job of a workspace.
type JobKey = (String, String);

/// What a job asks of its compute.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The workspace.
    pub workspace: String,
    /// The job.
    pub job: String,
    /// The compute.
    pub compute: String,
    /// Nodes that the compute has.
    pub room: u32,
    /// Nodes that the job takes.
    pub nodes: u32,
    /// Graphics cards that the job takes.
    pub gpus: u32,
}

/// A job whose turn has come.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub ask: Ask,
}

#[derive(Debug, Default)]
struct Room {
    nodes: u32,
    used: u32,
    queue: VecDeque<Ask>,
    /// How many turns it has given.
    turns: u64,
}

#[derive(Debug)]
struct Running {
    place: Place,
    nodes: u32,
    gpus: Vec<u32>,
    handle: Option<Handle>,
    cancel: bool,
    message: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    rooms: BTreeMap<Place, Room>,
    running: HashMap<JobKey, Running>,
    free_gpus: Vec<u32>,
    /// Computes that are stopped, and why.
    stopped: HashMap<Place, String>,
    stopping: bool,
}

impl State {
    fn is_queued(&self, (workspace, job): &JobKey) -> bool {
        let mut asks = self.rooms.values().flat_map(|room| &room.queue);
        asks.any(|ask| ask.workspace == *workspace && ask.job == *job)
    }
}

/// The queues and the rooms.
#[derive(Debug, Default)]
pub struct Scheduler {
    state: Mutex<State>,
    wake: Notify,
}

impl Scheduler {
    /// A scheduler for a machine with these graphics cards.
    pub fn new(gpus: Vec<u32>) -> Self {
        Self {
            state: Mutex::new(State {
                free_gpus: gpus,
                ..State::default()
            }),
            wake: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job in the queue of its compute.
    pub(crate) fn enqueue(&self, ask: Ask) {
        let mut state = self.state();
        let key = (ask.workspace.clone(), ask.job.clone());
        if state.running.contains_key(&key) || state.is_queued(&key) {
            return;
        }
        let room = state
            .rooms
            .entry((ask.workspace.clone(), ask.compute.clone()))
            .or_default();
        room.nodes = ask.room;
        room.queue.push_back(ask);
        drop(state);
        self.wake.notify_one();
    }

    /// Says how many nodes a compute has now. Jobs that wait for it get their turn when there is room for them.
    pub(crate) fn set_room(&self, workspace: &str, compute: &str, nodes: u32) {
        if let Some(room) = self
            .state()
            .rooms
            .get_mut(&(workspace.to_owned(), compute.to_owned()))
        {
            room.nodes = nodes;
        }
        self.wake.notify_one();
    }

    /// Says that a compute is stopped, and why, or that it runs again. A stopped one gives no turns.
    pub(crate) fn set_stopped(&self, workspace: &str, compute: &str, why: Option<String>) {
        let place = (workspace.to_owned(), compute.to_owned());
        match why {
            Some(why) => drop(self.state().stopped.insert(place, why)),
            None => drop(self.state().stopped.remove(&place)),
        }
        self.wake.notify_one();
    }

    /// Forgets what was stopped in a workspace that is gone.
    pub(crate) fn forget_workspace(&self, workspace: &str) {
        self.state().stopped.retain(|(of, _), _| of != workspace);
        self.wake.notify_one();
    }

    /// Whether a job runs on a compute or waits for it.
    pub(crate) fn is_wanted(&self, workspace: &str, compute: &str) -> bool {
        let place = (workspace.to_owned(), compute.to_owned());
        let state = self.state();
        let room = state.rooms.get(&place);
        room.is_some_and(|room| room.used > 0 || !room.queue.is_empty())
    }

    /// Whether a job runs on a compute, and how many turns it has given so far.
    pub(crate) fn taken(&self, workspace: &str, compute: &str) -> (bool, u64) {
        let place = (workspace.to_owned(), compute.to_owned());
        let state = self.state();
        let room = state.rooms.get(&place);
        room.map_or((false, 0), |room| (room.used > 0, room.turns))
    }

    /// Counts a job that was found running, with the graphics cards that it has.
    pub(crate) fn adopt(&self, ask: Ask, gpus: Vec<u32>, handle: Handle, cancel: bool) {
        let mut state = self.state();
        state.free_gpus.retain(|free| !gpus.contains(free));
        let place = (ask.workspace.clone(), ask.compute);
        let room = state.rooms.entry(place.clone()).or_default();
        room.nodes = ask.room;
        room.used += ask.nodes;
        let running = Running {
            place,
            nodes: ask.nodes,
            gpus,
            handle: Some(handle),
            cancel,
            message: None,
        };
        state.running.insert((ask.workspace, ask.job), running);
    }

    /// Takes a job out of its queue. Says whether it was there.
    pub(crate) fn withdraw(&self, workspace: &str, job: &str) -> bool {
        let mut state = self.state();
        state.rooms.values_mut().any(|room| {
            let before = room.queue.len();
            room.queue
                .retain(|ask| ask.workspace != workspace || ask.job != job);
            room.queue.len() < before
        })
    }

    /// Whether a job waits or runs here.
    pub(crate) fn holds(&self, workspace: &str, job: &str) -> bool {
        let key = (workspace.to_owned(), job.to_owned());
        let state = self.state();
        state.running.contains_key(&key) || state.is_queued(&key)
    }

    /// The jobs for which there is room now, in the order of their queues. They count as running.
    fn take_turns(&self) -> Vec<Turn> {
        let mut guard = self.state();
        let state = &mut *guard;
        let mut turns = Vec::new();
        if state.stopping {
            return turns;
        }
        for (place, room) in &mut state.rooms {
            if state.stopped.contains_key(place) {
                continue;
            }
            while let Some(ask) = room.queue.front() {
                let gpus = ask.gpus as usize;
                if room.used + ask.nodes > room.nodes || state.free_gpus.len() < gpus {
                    break;
                }
                let Some(ask) = room.queue.pop_front() else { break };
                room.used += ask.nodes;
                room.turns += 1;
                let given: Vec<u32> = state.free_gpus.drain(..gpus).collect();
                let running = Running {
                    place: place.clone(),
                    nodes: ask.nodes,
                    gpus: given,
                    handle: None,
                    cancel: false,
                    message: None,
                };
                state
                    .running
                    .insert((ask.workspace.clone(), ask.job.clone()), running);
                turns.push(Turn { ask });
            }
        }
        turns
    }

    /// A job no longer takes room.
    pub(crate) fn left(&self, workspace: &str, job: &str) {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(running) = state.running.remove(&(workspace.to_owned(), job.to_owned())) else {
            return;
        };
        if let Some(room) = state.rooms.get_mut(&running.place) {
            room.used = room.used.saturating_sub(running.nodes);
        }
        state.free_gpus.extend(running.gpus);
        state.free_gpus.sort_unstable();
        drop(guard);
        self.wake.notify_one();
    }

    /// Remembers where the runner of a job is. Says whether the job was told to stop meanwhile.
    pub(crate) fn set_handle(&self, workspace: &str, job: &str, handle: &Handle) -> bool {
        match self
            .state()
            .running
            .get_mut(&(workspace.to_owned(), job.to_owned()))
        {
            Some(running) => {
                running.handle = Some(handle.clone());
                running.cancel
            }
            None => false,
        }
    }

    /// Marks a job as told to stop, and says where its runner is.
    pub(crate) fn request_cancel(&self, workspace: &str, job: &str) -> Option<Handle> {
        let mut state = self.state();
        let running = state.running.get_mut(&(workspace.to_owned(), job.to_owned()))?;
        running.cancel = true;
        running.handle.clone()
    }

    /// Whether a job was told to stop.
    pub(crate) fn is_cancelled(&self, workspace: &str, job: &str) -> bool {
        self.state()
            .running
            .get(&(workspace.to_owned(), job.to_owned()))
            .is_some_and(|running| running.cancel)
    }

    /// The graphics cards that a job was given.
    pub(crate) fn gpus_of(&self, workspace: &str, job: &str) -> Vec<u32> {
        let state = self.state();
        state
            .running
            .get(&(workspace.to_owned(), job.to_owned()))
            .map(|r| r.gpus.clone())
            .unwrap_or_default()
    }

    /// Keeps what a runner says that it does now.
    pub(crate) fn set_message(&self, workspace: &str, job: &str, message: Option<String>) {
        if let Some(running) = self
            .state()
            .running
            .get_mut(&(workspace.to_owned(), job.to_owned()))
        {
            running.message = message;
        }
    }

    /// What the runner of a job said last.
    pub(crate) fn message(&self, workspace: &str, job: &str) -> Option<String> {
        self.state()
            .running
            .get(&(workspace.to_owned(), job.to_owned()))?
            .message
            .clone()
    }

    /// Where the runners are that were started on this machine.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        self.state()
            .running
            .values()
            .filter_map(|running| running.handle.clone())
            .collect()
    }

    /// Why a job waits: the room of its compute, who is in it, and its place in the queue.
    pub(crate) fn why_waiting(&self, workspace: &str, job: &str) -> Option<String> {
        let state = self.state();
        let mine = |ask: &Ask| ask.workspace == workspace && ask.job == job;
        let (place, room) = state.rooms.iter().find(|(_, room)| room.queue.iter().any(mine))?;
        let position = room.queue.iter().position(mine)? + 1;
        if let Some(why) = state.stopped.get(place) {
            let name = &place.1;
            return Some(format!(
                "waits for compute `{name}`, which is stopped ({why}): `tidemill compute start --name {name}`; number {position} in the queue"
            ));
        }
        let mut holders: Vec<&str> = state
            .running
            .iter()
            .filter(|(_, r)| r.place == *place)
            .map(|((_, job), _)| job.as_str())
            .collect();
        holders.sort_unstable();
        let more = holders.len().saturating_sub(4);
        holders.truncate(4);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let (ask, compute) = (&room.queue[position - 1], &place.1);
        let first = room.queue.front().unwrap_or(ask);
        let free = room.nodes.saturating_sub(room.used);
        let taken = match holders.is_empty() {
            true => String::new(),
            false => format!(
                "; {} of {} nodes are taken by {}{more}",
                room.used,
                room.nodes,
                holders.join(", ")
            ),
        };
        let what = if room.nodes < first.nodes {
            let whose = if position == 1 {
                "the job".to_owned()
            } else {
                format!("`{}` before it", first.job)
            };
            format!(
                "waits for compute `{compute}` to grow: {whose} needs {} nodes, and it has {}",
                first.nodes, room.nodes
            )
        } else if free < first.nodes {
            format!("waits for room on compute `{compute}`")
        } else if state.free_gpus.len() < first.gpus as usize {
            let whose = if position == 1 {
                String::new()
            } else {
                format!(" for `{}` before it", first.job)
            };
            format!(
                "waits for graphics cards{whose} on compute `{compute}`: {} are needed, {} are free",
                first.gpus,
                state.free_gpus.len()
            )
        } else {
            format!("has room on compute `{compute}`, and starts in a moment")
        };
        Some(format!("{what}{taken}; number {position} in the queue"))
    }

    /// Starts no more jobs.
    pub(crate) fn stop(&self) {
        self.state().stopping = true;
        self.wake.notify_one();
    }

    fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    /// Gives turns until the server stops.
    pub(crate) async fn run(app: Arc<App>) {
        loop {
            for turn in app.scheduler.take_turns() {
                let ctx = app.system();
                tokio::spawn(async move { super::launch::launch(&ctx, turn).await });
            }
            if app.scheduler.is_stopping() {
                return;
            }
            app.scheduler.wake.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(job: &str, nodes: u32) -> Ask {
        Ask {
            workspace: "w".into(),
            job: job.into(),
            compute: "c".into(),
            room: 2,
            nodes,
            gpus: 0,
        }
    }

    fn names(turns: &[Turn]) -> Vec<&str> {
        turns.iter().map(|turn| turn.ask.job.as_str()).collect()
    }

    #[test]
    fn jobs_get_their_turn_in_order_and_as_room_comes_free() {
        let scheduler = Scheduler::default();
        for job in ["a", "b", "c"] {
            scheduler.enqueue(ask(job, 1));
        }
        assert_eq!(names(&scheduler.take_turns()), ["a", "b"]);
        let why = scheduler.why_waiting("w", "c").expect("it waits");
        assert_eq!(
            why,
            "waits for room on compute `c`; 2 of 2 nodes are taken by a, b; number 1 in the queue"
        );
        scheduler.left("w", "a");
        assert_eq!(names(&scheduler.take_turns()), ["c"]);
    }

    #[test]
    fn a_wide_job_is_not_overtaken_for_ever() {
        let scheduler = Scheduler::default();
        for (job, nodes) in [("a", 1), ("wide", 2), ("c", 1)] {
            scheduler.enqueue(ask(job, nodes));
        }
        assert_eq!(names(&scheduler.take_turns()), ["a"]);
        scheduler.left("w", "a");
        assert_eq!(names(&scheduler.take_turns()), ["wide"]);
    }

    #[test]
    fn a_job_that_waits_says_what_for() {
        let scheduler = Scheduler::new(vec![0]);
        let why = |job: &str| scheduler.why_waiting("w", job).expect("it waits");
        scheduler.enqueue(ask("a", 1));
        assert!(why("a").starts_with("has room on compute `c`"), "{}", why("a"));
        assert_eq!(names(&scheduler.take_turns()), ["a"]);
        for (job, nodes) in [("wide", 2), ("b", 1)] {
            scheduler.enqueue(ask(job, nodes));
        }
        assert_eq!(
            why("b"),
            "waits for room on compute `c`; 1 of 2 nodes are taken by a; number 2 in the queue"
        );
        // A compute that became smaller than the job.
        scheduler.set_room("w", "c", 1);
        scheduler.left("w", "a");
        assert_eq!(
            why("wide"),
            "waits for compute `c` to grow: the job needs 2 nodes, and it has 1; number 1 in the queue"
        );
        assert!(
            why("b").contains("`wide` before it needs 2 nodes"),
            "{}",
            why("b")
        );
        let cards = Scheduler::new(vec![0]);
        for job in ["a", "b"] {
            cards.enqueue(Ask {
                gpus: 1,
                ..ask(job, 1)
            });
        }
        assert_eq!(names(&cards.take_turns()), ["a"]);
        assert_eq!(
            cards.why_waiting("w", "b").as_deref(),
            Some(
                "waits for graphics cards on compute `c`: 1 are needed, 0 are free; 1 of 2 nodes are taken by a; \
                 number 1 in the queue"
            )
        );
    }

    #[test]
    fn a_withdrawn_job_never_starts() {
        let scheduler = Scheduler::default();
        scheduler.enqueue(ask("a", 1));
        assert!(scheduler.withdraw("w", "a") && !scheduler.withdraw("w", "a"));
        assert!(scheduler.take_turns().is_empty());
    }

    #[test]
    fn a_compute_that_grows_lets_more_jobs_in_at_once() {
        let scheduler = Scheduler::default();
        for job in ["a", "b", "c", "d"] {
            scheduler.enqueue(ask(job, 1));
        }
        assert_eq!(names(&scheduler.take_turns()), ["a", "b"]);
        scheduler.set_room("w", "c", 3);
        assert_eq!(names(&scheduler.take_turns()), ["c"]);
        scheduler.set_room("w", "c", 1);
        scheduler.left("w", "a");
        scheduler.left("w", "b");
        assert!(scheduler.take_turns().is_empty());
        scheduler.left("w", "c");
        assert_eq!(names(&scheduler.take_turns()), ["d"]);
    }

    #[test]
    fn a_compute_that_is_stopped_gives_no_turn_until_it_is_started() {
        let scheduler = Scheduler::default();
        scheduler.enqueue(ask("a", 1));
        assert_eq!(names(&scheduler.take_turns()), ["a"]);
        assert_eq!(scheduler.taken("w", "c"), (true, 1));
        scheduler.set_stopped("w", "c", Some("by hand".into()));
        scheduler.enqueue(ask("b", 1));
        assert!(scheduler.take_turns().is_empty());
        let why = scheduler.why_waiting("w", "b").expect("it waits");
        assert!(why.contains("`c`, which is stopped (by hand)"), "{why}");
        scheduler.left("w", "a");
        assert_eq!(scheduler.taken("w", "c"), (false, 1));
        scheduler.set_stopped("w", "c", None);
        assert_eq!(names(&scheduler.take_turns()), ["b"]);
    }

    #[test]
    fn a_job_that_was_found_again_keeps_its_graphics_cards() {
        let scheduler = Scheduler::new(vec![0, 1, 2]);
        let attempt = tidemill_compute::Attempt {
            workspace: "w".into(),
            job: "a".into(),
            number: 1,
        };
        let handle = Handle {
            driver: "local".into(),
            attempt,
            at: serde_json::Value::Null,
        };
        scheduler.adopt(ask("a", 1), vec![1], handle, false);
        assert_eq!(scheduler.gpus_of("w", "a"), [1]);
        scheduler.enqueue(Ask {
            gpus: 2,
            ..ask("b", 1)
        });
        assert_eq!(names(&scheduler.take_turns()), ["b"]);
        assert_eq!(scheduler.gpus_of("w", "b"), [0, 2]);
        scheduler.left("w", "a");
        assert_eq!(scheduler.state().free_gpus, [1]);
    }

    #[test]
    fn graphics_cards_are_given_and_come_back() {
        let scheduler = Scheduler::new(vec![0, 1]);
        for job in ["a", "b"] {
            scheduler.enqueue(Ask {
                gpus: 2,
                ..ask(job, 1)
            });
        }
        assert_eq!(names(&scheduler.take_turns()), ["a"]);
        assert_eq!(scheduler.gpus_of("w", "a"), [0, 1]);
        scheduler.left("w", "a");
        assert_eq!(names(&scheduler.take_turns()), ["b"]);
        assert_eq!(scheduler.gpus_of("w", "b"), [0, 1]);
    }
}
