//! How far a pipeline is: which steps are ready, and when it is over.

use crate::Dag;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well: those that wait for it may go on.
    Completed,
    /// Not well: those that wait for it never will.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Started,
    Ended(End),
    Skipped,
}

/// The state of every step of one pipeline. Every call costs what it changes, never the whole graph.
#[derive(Debug, Clone)]
pub struct Progress {
    dag: Dag,
    state: Vec<State>,
    waits: Vec<usize>,
    ready: Vec<usize>,
    open: usize,
    failed: bool,
    goes_on_after_failure: bool,
}

impl Progress {
    /// Nothing has started. With `continue_on_step_failure`, steps that do not wait for a failed one go on.
    pub fn new(dag: Dag, continue_on_step_failure: bool) -> Self {
        let waits: Vec<usize> = (0..dag.len()).map(|step| dag.upstream(step).len()).collect();
        let ready = (0..dag.len()).filter(|step| waits[*step] == 0).collect();
        Self {
            state: vec![State::Waiting; dag.len()],
            waits,
            ready,
            open: dag.len(),
            failed: false,
            goes_on_after_failure: continue_on_step_failure,
            dag,
        }
    }

    /// The graph.
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// Takes the steps that may start now, in the order in which they became ready; they count as started.
    pub fn take_ready(&mut self) -> Vec<usize> {
        self.take_ready_if(|_| true)
    }

    /// As [`Self::take_ready`], of those that may start; the others stay ready.
    pub fn take_ready_if(&mut self, mut may: impl FnMut(usize) -> bool) -> Vec<usize> {
        if self.failed && !self.goes_on_after_failure {
            return Vec::new();
        }
        let (ready, held) = std::mem::take(&mut self.ready)
            .into_iter()
            .partition(|step| may(*step));
        self.ready = held;
        for step in &ready {
            self.state[*step] = State::Started;
        }
        ready
    }

    /// Whether a step has started and not ended.
    pub fn is_running(&self, step: usize) -> bool {
        self.state[step] == State::Started
    }

    /// A step has ended. Returns the steps that will never start because of it.
    pub fn ended(&mut self, step: usize, end: End) -> Vec<usize> {
        if matches!(self.state[step], State::Ended(_) | State::Skipped) {
            return Vec::new();
        }
        self.state[step] = State::Ended(end);
        self.ready.retain(|ready| *ready != step);
        self.open -= 1;
        match end {
            End::Completed => {
                for next in self.dag.downstream(step).to_vec() {
                    self.waits[next] -= 1;
                    if self.waits[next] == 0 && self.state[next] == State::Waiting {
                        self.ready.push(next);
                    }
                }
                Vec::new()
            }
            End::Failed => {
                self.failed = true;
                if self.goes_on_after_failure {
                    self.skip_below(step)
                } else {
                    self.skip_all()
                }
            }
        }
    }

    /// Skips whatever has not started: the pipeline is being cancelled.
    pub fn skip_all(&mut self) -> Vec<usize> {
        let waiting: Vec<usize> = (0..self.dag.len())
            .filter(|step| self.state[*step] == State::Waiting)
            .collect();
        self.skip(waiting)
    }

    /// True when every step has ended or never will start.
    pub fn is_over(&self) -> bool {
        self.open == 0
    }

    /// True when a step failed.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// The names of the steps that a step still waits for.
    pub fn waits_for(&self, step: usize) -> Vec<&str> {
        let waits = self.dag.upstream(step).iter();
        waits
            .filter(|up| self.state[**up] != State::Ended(End::Completed))
            .map(|up| self.dag.name(*up))
            .collect()
    }

    fn skip_below(&mut self, step: usize) -> Vec<usize> {
        let mut below = Vec::new();
        let mut queue = self.dag.downstream(step).to_vec();
        while let Some(next) = queue.pop() {
            if self.state[next] == State::Waiting && !below.contains(&next) {
                below.push(next);
                queue.extend(self.dag.downstream(next));
            }
        }
        below.sort_unstable();
        self.skip(below)
    }

    fn skip(&mut self, steps: Vec<usize>) -> Vec<usize> {
        for step in &steps {
            self.state[*step] = State::Skipped;
            self.ready.retain(|ready| ready != step);
            self.open -= 1;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use proptest::prelude::*;

    use super::*;

    fn diamond() -> Dag {
        let edges: [(&str, &[&str]); 4] = [("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])];
        let edges: IndexMap<_, _> = edges
            .iter()
            .map(|(a, b)| ((*a).to_owned(), b.iter().map(|b| (*b).to_owned()).collect()))
            .collect();
        Dag::new(&edges).expect("no cycle")
    }

    #[test]
    fn a_step_is_ready_when_all_before_it_have_completed() {
        let mut progress = Progress::new(diamond(), false);
        assert_eq!(progress.take_ready(), [0]);
        progress.ended(0, End::Completed);
        assert_eq!(progress.take_ready(), [1, 2]);
        progress.ended(2, End::Completed);
        assert_eq!(
            (progress.take_ready(), progress.waits_for(3)),
            (vec![], vec!["b"])
        );
        progress.ended(1, End::Completed);
        assert_eq!(progress.take_ready(), [3]);
        progress.ended(3, End::Completed);
        assert!(progress.is_over() && !progress.has_failed());
    }

    #[test]
    fn what_may_not_start_yet_stays_ready_and_is_skipped_with_the_rest() {
        let mut progress = Progress::new(diamond(), false);
        progress.take_ready();
        progress.ended(0, End::Completed);
        assert_eq!(progress.take_ready_if(|step| step == 2), [2]);
        assert!(progress.is_running(2) && !progress.is_running(1));
        assert_eq!(progress.take_ready_if(|_| false), Vec::<usize>::new());
        assert_eq!(progress.ended(2, End::Failed), [1, 3]);
        assert!(progress.is_over());
    }

    #[test]
    fn a_failure_skips_all_that_waits_unless_told_to_go_on() {
        for (goes_on, skipped) in [(false, vec![1, 2, 3]), (true, vec![1, 2, 3])] {
            let mut progress = Progress::new(diamond(), goes_on);
            progress.take_ready();
            assert_eq!(progress.ended(0, End::Failed), skipped);
            assert!(progress.is_over());
        }
        let mut progress = Progress::new(diamond(), true);
        progress.take_ready();
        progress.ended(0, End::Completed);
        progress.take_ready();
        assert_eq!(progress.ended(1, End::Failed), [3]);
        progress.ended(2, End::Completed);
        assert!(progress.is_over() && progress.has_failed());
    }

    proptest! {
        #[test]
        fn every_graph_comes_to_its_end(edges in proptest::collection::vec((0usize..30, 0usize..30), 0..80),
                                        fails in proptest::collection::vec(any::<bool>(), 30), goes_on: bool) {
            let mut map: IndexMap<String, Vec<String>> = (0..30).map(|i| (i.to_string(), Vec::new())).collect();
            for (a, b) in edges {
                let (low, high) = (a.min(b), a.max(b));
                if low != high {
                    map[&high.to_string()].push(low.to_string());
                }
            }
            let mut progress = Progress::new(Dag::new(&map).expect("edges go one way"), goes_on);
            let mut running = Vec::new();
            loop {
                running.extend(progress.take_ready());
                let Some(step) = running.pop() else { break };
                progress.ended(step, if fails[step] { End::Failed } else { End::Completed });
            }
            prop_assert!(progress.is_over());
        }
    }
}
