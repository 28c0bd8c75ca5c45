//! A set of actions: one number, so that a decision is a bit.

use std::ops::{BitAnd, BitOr, Not};

use crate::Action;
use crate::action::ALL;

/// Some of the actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ActionSet(u128);

impl ActionSet {
    /// None.
    pub const NONE: Self = Self(0);

    /// All.
    pub fn all() -> Self {
        ALL.iter().copied().collect()
    }

    /// Whether it is in.
    pub fn has(self, action: Action) -> bool {
        self.0 >> action.place() & 1 == 1
    }

    /// Those that are not in another set.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The actions, in the order of the nouns.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        ALL.iter().copied().filter(move |action| self.has(*action))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(
            actions
                .into_iter()
                .fold(0, |set, action| set | 1 << action.place()),
        )
    }
}

impl BitOr for ActionSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for ActionSet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for ActionSet {
    type Output = Self;
    fn not(self) -> Self {
        Self::all().without(self)
    }
}
