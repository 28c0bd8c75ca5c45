//! Trees that somebody is about to name, and trees that go: never the same at the same time.
//!
//! Between a look at a tree and the row that names it lies time, in which the tree must not go. Whoever is about to write such a row
//! holds it; what is removed is claimed first, and what is claimed can't be held. A claim is remembered for a while, so that a request
//! which read a name just before does not write it again when the bytes are gone.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::TreeStore;
use crate::hash::Hash;

/// No request takes longer from reading a name to writing it.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Which trees are held, and which go or went.
#[derive(Debug, Default)]
pub(super) struct Held {
    holders: HashMap<Hash, usize>,
    gone: HashMap<Hash, Instant>,
}

/// A tree that does not go while this is there.
#[derive(Debug)]
pub struct Hold {
    tree: Hash,
    held: Arc<Mutex<Held>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        if let Some(holders) = held.holders.get_mut(&self.tree) {
            *holders -= 1;
            if *holders == 0 {
                held.holders.remove(&self.tree);
            }
        }
    }
}

impl TreeStore {
    /// Holds a tree; `None` where it goes just now, or went a moment ago.
    pub fn hold(&self, tree: Hash) -> Option<Hold> {
        let mut held = lock(&self.held);
        if held.gone.contains_key(&tree) {
            return None;
        }
        *held.holders.entry(tree).or_default() += 1;
        Some(Hold {
            tree,
            held: Arc::clone(&self.held),
        })
    }

    /// Of these trees those that nobody holds: from now on nobody can, until they are put again or given [back](Self::unclaim).
    pub fn claim(&self, trees: &[Hash]) -> HashSet<Hash> {
        let mut held = lock(&self.held);
        let now = Instant::now();
        held.gone
            .retain(|_, since| now.duration_since(*since) < REMEMBERED);
        let free: HashSet<Hash> = trees
            .iter()
            .copied()
            .filter(|tree| !held.holders.contains_key(tree))
            .collect();
        held.gone.extend(free.iter().map(|tree| (*tree, now)));
        free
    }

    /// Lets trees be held again: they are there.
    pub fn unclaim<'t>(&self, trees: impl IntoIterator<Item = &'t Hash>) {
        let mut held = lock(&self.held);
        for tree in trees {
            held.gone.remove(tree);
        }
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datastore::{Datastore, DatastoreConfig};

    #[test]
    fn what_is_held_is_not_claimed_and_what_is_claimed_is_not_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Datastore::open(&DatastoreConfig::local_folder(folder.path())).expect("a datastore");
        let store = TreeStore::new(store);
        let (one, two) = (Hash::of(b"one"), Hash::of(b"two"));
        let first = store.hold(one).expect("it is there");
        let again = store.clone().hold(one).expect("by two");
        assert_eq!(store.claim(&[one, two]), HashSet::from([two]));
        assert!(store.hold(two).is_none(), "it goes");
        drop(first);
        assert!(store.claim(&[one]).is_empty(), "one still holds it");
        drop(again);
        assert_eq!(store.claim(&[one]), HashSet::from([one]));
        assert!(store.hold(one).is_none());
        store.unclaim([&one]);
        assert!(store.hold(one).is_some() && store.hold(two).is_none());
    }
}
