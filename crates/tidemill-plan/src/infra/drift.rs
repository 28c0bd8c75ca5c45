//! What has moved: since a plan was made, and since it was applied.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Address;
use super::diff::{FieldChange, fields, mark};
use super::steps::{Actual, Managed};

/// How a resource was found when a plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Which.
    pub address: Address,
    /// Its specification; none when it was not there.
    pub spec: Option<Value>,
}

/// Names the state that a plan was made against: BLAKE3 over every address and the mark of what was there, in hex.
pub fn digest(seen: &[Seen]) -> String {
    let marks: BTreeMap<&Address, Option<String>> = seen
        .iter()
        .map(|seen| (&seen.address, seen.spec.as_ref().map(mark)))
        .collect();
    let mut hasher = blake3::Hasher::new();
    for (address, mark) in marks {
        for part in [
            &address.kind,
            &address.scope,
            &address.name,
            &mark.unwrap_or_default(),
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// A resource that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Moved {
    /// It was not there, and is.
    Appeared {
        /// Which.
        address: Address,
    },
    /// It was there, and is not.
    Gone {
        /// Which.
        address: Address,
    },
    /// It says something else.
    Changed {
        /// Which.
        address: Address,
        /// The fields.
        fields: Vec<FieldChange>,
    },
}

impl Moved {
    /// Which.
    pub fn address(&self) -> &Address {
        match self {
            Self::Appeared { address } | Self::Gone { address } | Self::Changed { address, .. } => address,
        }
    }
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Appeared { address } => write!(f, "{address} was made"),
            Self::Gone { address } => write!(f, "{address} was removed"),
            Self::Changed { address, fields } => {
                let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
                write!(f, "{address} was changed ({})", paths.join(", "))
            }
        }
    }
}

/// What differs between what was seen and what is there now.
pub fn moved(seen: &[Seen], now: &[Actual]) -> Vec<Moved> {
    let now: BTreeMap<&Address, &Value> = now.iter().map(|one| (&one.address, &one.spec)).collect();
    seen.iter()
        .filter_map(|Seen { address, spec }| one(address, spec.as_ref(), now.get(address).copied()))
        .collect()
}

fn one(address: &Address, before: Option<&Value>, now: Option<&Value>) -> Option<Moved> {
    let address = address.clone();
    match (before, now) {
        (None, None) => None,
        (None, Some(_)) => Some(Moved::Appeared { address }),
        (Some(_), None) => Some(Moved::Gone { address }),
        (Some(before), Some(now)) => {
            let fields = fields(before, now);
            (!fields.is_empty()).then_some(Moved::Changed { address, fields })
        }
    }
}

/// Something that is not as it was applied.
pub type Drift = Moved;

/// What differs between what was applied last and what is there now.
pub fn drift(managed: &[Managed], now: &[Actual]) -> Vec<Drift> {
    let seen: Vec<Seen> = managed
        .iter()
        .map(|managed| Seen {
            address: managed.address.clone(),
            spec: Some(managed.applied.clone()),
        })
        .collect();
    moved(&seen, now)
}
