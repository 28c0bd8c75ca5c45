//! Whose turn it is: each request goes to the instance with the fewest, none gets more than it may, the rest wait in line.

use std::any::Any;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// The most requests of a deployment that wait at once; one more is refused at once.
const LONGEST_LINE: usize = 4096;

/// An instance that takes requests.
#[derive(Debug)]
pub struct Target {
    /// Its number in the deployment.
    pub number: i64,
    /// Where it listens.
    pub address: SocketAddr,
    /// What the HTTP surface keeps for it: its open connections.
    pub connections: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Target {
    pub(crate) fn new(number: i64, address: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            number,
            address,
            connections: OnceLock::new(),
        })
    }
}

/// Why a request did not get a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTurn {
    /// Every instance has as many requests as it may.
    Busy,
    /// No instance is ready.
    NoInstance,
}

#[derive(Debug)]
struct Slot {
    target: Arc<Target>,
    in_flight: u32,
    /// It gets no more requests.
    leaving: bool,
}

#[derive(Debug)]
struct State {
    slots: Vec<Slot>,
    line: VecDeque<oneshot::Sender<Arc<Target>>>,
    per_instance: u32,
    /// Requests with instances, summed over time, in request-microseconds.
    busy_us: u64,
    since: Instant,
}

/// Gives turns at the instances of one deployment.
#[derive(Debug)]
pub(crate) struct Balancer {
    state: Mutex<State>,
}

/// A turn at an instance; dropped, it is over.
#[derive(Debug)]
pub struct Lease {
    /// The instance.
    pub target: Arc<Target>,
    balancer: Arc<Balancer>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.balancer.give_back(&self.target);
    }
}

impl State {
    /// Adds up how busy the instances were since the last change.
    fn pass(&mut self) {
        let now = Instant::now();
        let in_flight: u64 = self.slots.iter().map(|slot| u64::from(slot.in_flight)).sum();
        let passed = u64::try_from((now - self.since).as_micros()).unwrap_or(u64::MAX);
        self.busy_us = self.busy_us.saturating_add(in_flight.saturating_mul(passed));
        self.since = now;
    }

    /// The instance with the fewest requests that takes one more, with that one counted.
    fn take(&mut self) -> Option<Arc<Target>> {
        self.pass();
        let most = self.per_instance;
        let slot = self
            .slots
            .iter_mut()
            .filter(|slot| !slot.leaving && slot.in_flight < most)
            .min_by_key(|slot| slot.in_flight)?;
        slot.in_flight += 1;
        Some(slot.target.clone())
    }

    fn put_back(&mut self, target: &Arc<Target>) {
        self.pass();
        if let Some(slot) = self
            .slots
            .iter_mut()
            .find(|slot| Arc::ptr_eq(&slot.target, target))
        {
            slot.in_flight = slot.in_flight.saturating_sub(1);
        }
    }

    /// Lets in who waits, as far as there is room.
    fn call_next(&mut self) {
        while let Some(next) = self.line.pop_front() {
            // Who has gone meanwhile is passed over.
            if next.is_closed() {
                continue;
            }
            let Some(target) = self.take() else {
                self.line.push_front(next);
                return;
            };
            if let Err(target) = next.send(target) {
                self.put_back(&target);
            }
        }
    }
}

impl Balancer {
    pub(crate) fn new(per_instance: u32) -> Self {
        Self {
            state: Mutex::new(State {
                slots: Vec::new(),
                line: VecDeque::new(),
                per_instance: per_instance.max(1),
                busy_us: 0,
                since: Instant::now(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_per_instance(&self, per_instance: u32) {
        let mut state = self.state();
        state.per_instance = per_instance.max(1);
        state.call_next();
    }

    /// Lets an instance have requests.
    pub(crate) fn add(&self, target: Arc<Target>) {
        let mut state = self.state();
        state.pass();
        match state
            .slots
            .iter_mut()
            .find(|slot| slot.target.number == target.number)
        {
            Some(slot) => slot.leaving = false,
            None => state.slots.push(Slot {
                target,
                in_flight: 0,
                leaving: false,
            }),
        }
        state.call_next();
    }

    /// Gives an instance no more requests; those that it has go on.
    pub(crate) fn leave(&self, number: i64) {
        let mut state = self.state();
        if let Some(slot) = state.slots.iter_mut().find(|slot| slot.target.number == number) {
            slot.leaving = true;
        }
    }

    /// Forgets an instance.
    pub(crate) fn remove(&self, number: i64) {
        let mut state = self.state();
        state.pass();
        state.slots.retain(|slot| slot.target.number != number);
    }

    /// How many requests an instance has.
    pub(crate) fn in_flight(&self, number: i64) -> u32 {
        let state = self.state();
        let slot = state.slots.iter().find(|slot| slot.target.number == number);
        slot.map_or(0, |slot| slot.in_flight)
    }

    /// How busy the instances were, in request-microseconds since the beginning.
    pub(crate) fn busy_us(&self) -> u64 {
        let mut state = self.state();
        state.pass();
        state.busy_us
    }

    /// Instances that take requests, requests with instances, requests that wait.
    pub(crate) fn load(&self) -> (usize, usize, usize) {
        let state = self.state();
        let ready = state.slots.iter().filter(|slot| !slot.leaving).count();
        let in_flight: u32 = state.slots.iter().map(|slot| slot.in_flight).sum();
        let waiting = state.line.iter().filter(|one| !one.is_closed()).count();
        (ready, usize::try_from(in_flight).unwrap_or(usize::MAX), waiting)
    }

    pub(crate) fn lease_now(self: &Arc<Self>) -> Option<Lease> {
        let target = self.state().take()?;
        Some(self.as_lease(target))
    }

    fn as_lease(self: &Arc<Self>, target: Arc<Target>) -> Lease {
        Lease {
            target,
            balancer: self.clone(),
        }
    }

    pub(crate) async fn lease(self: &Arc<Self>, wait: Duration) -> Result<Lease, NoTurn> {
        let called = {
            let mut state = self.state();
            // Who waits already comes first.
            if state.line.is_empty()
                && let Some(target) = state.take()
            {
                return Ok(self.as_lease(target));
            }
            if state.line.len() >= LONGEST_LINE {
                state.line.retain(|one| !one.is_closed());
            }
            if state.line.len() >= LONGEST_LINE {
                return Err(NoTurn::Busy);
            }
            let (call, called) = oneshot::channel();
            state.line.push_back(call);
            state.call_next();
            Called {
                called,
                balancer: self.clone(),
            }
        };
        called.within(wait).await
    }

    fn give_back(&self, target: &Arc<Target>) {
        let mut state = self.state();
        state.put_back(target);
        state.call_next();
    }
}

/// A place in the line. Dropped between the call and its answer, the turn goes back.
struct Called {
    called: oneshot::Receiver<Arc<Target>>,
    balancer: Arc<Balancer>,
}

impl Called {
    async fn within(mut self, wait: Duration) -> Result<Lease, NoTurn> {
        match tokio::time::timeout(wait, &mut self.called).await {
            Ok(Ok(target)) => Ok(self.balancer.as_lease(target)),
            _ => match self.balancer.load() {
                (0, _, _) => Err(NoTurn::NoInstance),
                _ => Err(NoTurn::Busy),
            },
        }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        self.called.close();
        if let Ok(target) = self.called.try_recv() {
            self.balancer.give_back(&target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(number: i64) -> Arc<Target> {
        Target::new(number, ([127, 0, 0, 1], 1).into())
    }

    fn with(per_instance: u32, numbers: &[i64]) -> Arc<Balancer> {
        let balancer = Arc::new(Balancer::new(per_instance));
        for number in numbers {
            balancer.add(target(*number));
        }
        balancer
    }

    const AT_ONCE: Duration = Duration::ZERO;

    #[tokio::test]
    async fn requests_are_spread_and_none_gets_too_many() {
        let balancer = with(2, &[1, 2]);
        let mut leases = Vec::new();
        for _ in 0..4 {
            leases.push(balancer.lease(AT_ONCE).await.expect("a turn"));
        }
        assert_eq!((balancer.in_flight(1), balancer.in_flight(2)), (2, 2));
        assert_eq!(balancer.lease(AT_ONCE).await.err(), Some(NoTurn::Busy));
        leases.pop();
        assert!(balancer.lease(AT_ONCE).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_is_let_in_when_a_turn_is_over_or_an_instance_comes() {
        let balancer = with(1, &[1]);
        let first = balancer.lease(AT_ONCE).await.expect("a turn");
        let wait = |balancer: &Arc<Balancer>| {
            let balancer = balancer.clone();
            tokio::spawn(async move { balancer.lease(Duration::from_secs(5)).await })
        };
        let (second, third) = (wait(&balancer), wait(&balancer));
        while balancer.load().2 < 2 {
            tokio::task::yield_now().await;
        }
        drop(first);
        balancer.add(target(2));
        let second = second.await.expect("ends").expect("a turn");
        let third = third.await.expect("ends").expect("a turn");
        assert_ne!(second.target.number, third.target.number);
    }

    #[tokio::test]
    async fn a_turn_of_somebody_who_has_gone_is_not_lost() {
        let balancer = with(1, &[1]);
        let first = balancer.lease(AT_ONCE).await.expect("a turn");
        let mut waiting = Box::pin(balancer.lease(Duration::from_secs(5)));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(first);
        // It has been called, and goes without looking.
        drop(waiting);
        assert_eq!(balancer.in_flight(1), 0);
        assert!(balancer.lease(AT_ONCE).await.is_ok());
    }

    #[tokio::test]
    async fn one_that_leaves_finishes_what_it_has_and_gets_no_more() {
        let balancer = with(4, &[1]);
        let lease = balancer.lease(AT_ONCE).await.expect("a turn");
        balancer.leave(1);
        assert_eq!(balancer.lease(AT_ONCE).await.err(), Some(NoTurn::NoInstance));
        assert_eq!(balancer.in_flight(1), 1);
        drop(lease);
        assert_eq!(balancer.in_flight(1), 0);
    }

    #[tokio::test]
    async fn how_busy_it_was_is_the_time_that_requests_took() {
        let balancer = with(4, &[1]);
        let (one, other) = (balancer.lease(AT_ONCE).await, balancer.lease(AT_ONCE).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop((one, other));
        let busy = balancer.busy_us();
        assert!(busy >= 40_000, "{busy}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(balancer.busy_us(), busy, "nothing is with it now");
    }
}
