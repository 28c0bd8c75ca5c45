//! A column, as far as it was read: fed with Arrow arrays, merged with the same column of other rows.

use serde::{Deserialize, Serialize};

use super::order::Order;
use super::text::Texts;
use super::values::Values;
use crate::kind::Kind;
use crate::options::Options;

/// A column, as far as it was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Column {
    /// Its name; fields of a struct after a dot.
    pub name: String,
    /// Its type, as Arrow writes it.
    pub data_type: String,
    /// What it holds.
    pub kind: Kind,
    /// Rows.
    pub rows: u64,
    /// Of them without a value.
    pub missing: u64,
    /// Values that are not a number.
    pub nan: u64,
    /// The values.
    pub values: Values,
    /// Their order.
    pub order: Order,
    /// Texts.
    pub texts: Option<Box<Texts>>,
}

impl Column {
    /// A column that nothing was read of.
    pub fn new(name: String, data_type: &arrow_schema::DataType) -> Self {
        let kind = Kind::of(data_type);
        let shown = match data_type {
            arrow_schema::DataType::Dictionary(_, values) => values.to_string(),
            other => other.to_string(),
        };
        Self {
            name,
            data_type: shown,
            texts: (kind == Kind::Text).then(Box::default),
            kind,
            rows: 0,
            missing: 0,
            nan: 0,
            values: Values::default(),
            order: Order::default(),
        }
    }

    /// Counts a text, and remembers its name where it may be shown. Its own texts are out of it meanwhile.
    #[inline]
    pub fn count_text(&mut self, texts: &mut Texts, key: u64, text: &str, count: u64, options: &Options) {
        match &mut self.values {
            Values::Sketched(sketched) => {
                let new = sketched.count_hash(key, count);
                // Most values of many come once; a name is for those that come again.
                if (!new || count > 1) && !texts.names.contains_key(&key) {
                    texts.name(key, text, options);
                }
                if sketched.purge(options) {
                    texts.names.retain(|key, _| sketched.frequent.get(*key) > 0);
                }
            }
            values => {
                if values.add(key, count, &self.kind, options) {
                    texts.name(key, text, options);
                    if values.check(&self.kind, options) {
                        texts.forget(values);
                    }
                }
            }
        }
    }

    /// Takes in the same column of other rows.
    pub fn merge(&mut self, other: &Self, options: &Options) {
        self.rows += other.rows;
        self.missing += other.missing;
        self.nan += other.nan;
        self.values.merge(&other.values, &self.kind, options);
        self.order.merge(&other.order);
        if let (Some(own), Some(other)) = (&mut self.texts, &other.texts) {
            own.merge(other, options);
            own.forget(&self.values);
        }
    }
}
