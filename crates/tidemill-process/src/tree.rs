//! Which processes there are and who started whom.

use crate::stat::{ProcessState, Stat};
use std::collections::{HashMap, HashSet};
use std::fs;

/// Every process that can be seen, zombies too, in no particular order.
pub fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Stat::of)
        .collect()
}

/// The living processes that `root` started, directly or not, without itself; parents before their children.
#[must_use]
pub fn descendants(root: i32) -> Vec<Stat> {
    below(&[root], all())
}

/// The living processes below any of `roots`, without the roots, taken from a list of all; parents first.
pub(crate) fn below(roots: &[i32], processes: Vec<Stat>) -> Vec<Stat> {
    let mut children: HashMap<i32, Vec<Stat>> = HashMap::new();
    for process in processes {
        children.entry(process.parent).or_default().push(process);
    }
    let mut seen: HashSet<i32> = roots.iter().copied().collect();
    let mut open: Vec<i32> = roots.to_vec();
    let mut found = Vec::new();
    while let Some(parent) = open.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            if seen.insert(child.pid) {
                open.push(child.pid);
                found.push(child);
            }
        }
    }
    found.retain(|process| process.state == ProcessState::Alive);
    found
}

/// The same processes with children before their parents, the order in which a tree is asked to end.
#[must_use]
pub fn children_first(mut processes: Vec<Stat>) -> Vec<Stat> {
    processes.reverse();
    processes
}

/// Resident memory of these processes together, in bytes. Shared pages are counted once for each.
#[must_use]
pub fn resident_bytes(processes: &[Stat]) -> u64 {
    let page = rustix::param::page_size() as u64;
    processes
        .iter()
        .map(|process| process.resident_pages * page)
        .sum()
}

/// Processor time of these processes together, in seconds, since each was started.
#[must_use]
pub fn cpu_seconds(processes: &[Stat]) -> f64 {
    let a_second = rustix::param::clock_ticks_per_second().max(1) as f64;
    processes
        .iter()
        .map(|process| process.cpu_ticks as f64 / a_second)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, state: ProcessState) -> Stat {
        Stat {
            pid,
            name: "x".into(),
            state,
            parent,
            start_ticks: 1,
            resident_pages: 1,
            cpu_ticks: 0,
            wait_status: 0,
        }
    }

    #[test]
    fn descendants_are_found_through_zombies_and_loops() {
        use ProcessState::{Alive, Zombie};
        let list = vec![
            process(2, 1, Alive),
            process(3, 2, Zombie),
            process(4, 3, Alive),
            process(9, 8, Alive),
            process(1, 4, Alive),
        ];
        let found: Vec<i32> = below(&[1], list).iter().map(|p| p.pid).collect();
        assert_eq!(found, [2, 4]);
    }
}
