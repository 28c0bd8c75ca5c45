//! What was decoded last and will likely be asked for again, up to a weight in all.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A few values by name, newest first; the oldest go when all together weigh too much. Cheap to clone.
pub struct Kept<K, V> {
    values: Arc<Mutex<VecDeque<(K, V, usize)>>>,
    most: usize,
}

impl<K: PartialEq + Clone, V: Clone> Kept<K, V> {
    /// Holds values that together weigh at most `most`; a heavier one is never held.
    pub fn new(most: usize) -> Self {
        Self {
            values: Arc::default(),
            most,
        }
    }

    /// The value of this name, if it is held.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let at = values.iter().position(|(held, ..)| held == key)?;
        let found = values.remove(at)?;
        let value = found.1.clone();
        values.push_front(found);
        Some(value)
    }

    /// Lets a value go.
    pub fn remove(&self, key: &K) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|(held, ..)| held != key);
    }

    /// Holds a value instead of the one of this name.
    pub fn put(&self, key: K, value: V, weight: usize) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|(held, ..)| *held != key);
        if weight > self.most {
            return;
        }
        values.push_front((key, value, weight));
        let mut sum = 0;
        let most = self.most;
        values.retain(|(.., weight)| {
            sum += weight;
            sum <= most
        });
    }
}

impl<K, V> Clone for Kept<K, V> {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            most: self.most,
        }
    }
}

impl<K, V> fmt::Debug for Kept<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept(at most {})", self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_all_weigh_too_much() {
        let kept = Kept::new(10);
        kept.put("a", 1, 4);
        kept.put("b", 2, 4);
        assert_eq!(kept.get(&"a"), Some(1), "and is now the newest");
        kept.put("c", 3, 4);
        assert_eq!(
            [kept.get(&"a"), kept.get(&"b"), kept.get(&"c")],
            [Some(1), None, Some(3)]
        );
        kept.put("a", 5, 11);
        assert_eq!(
            kept.get(&"a"),
            None,
            "what is too heavy is not held, nor what it replaces"
        );
        kept.put("c", 6, 1);
        assert_eq!(kept.get(&"c"), Some(6));
    }
}
