//! What is known of a table: the document that people, pages and checks read.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::Monotonic;

/// The profile of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The format of this document.
    pub format: u32,
    /// Rows.
    pub rows: u64,
    /// Columns, structs opened.
    pub columns: Vec<ColumnProfile>,
    /// Rows that are there already.
    pub duplicate_rows: Estimate,
    /// Rows in the sample that relations, targets and segments are estimated on; all rows where it is `rows`.
    pub sample_rows: u64,
    /// How pairs of columns go together, the strongest first.
    pub correlations: Vec<Correlation>,
    /// Pairs of columns that are missing together, exact.
    pub missing_together: Vec<MissingTogether>,
    /// What the columns say of a target, where one is named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<TargetProfile>,
    /// The rows by the values of a column, where one is named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub segments: Option<Segments>,
}

/// A number with how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error; 0 for an exact number.
    pub standard_error: f64,
}

/// The profile of a column. Counts, `min`, `max`, `mean` and the moments are of all rows, and exact up to rounding; what is
/// not, says so beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name; fields of a struct after a dot.
    pub name: String,
    /// `integer`, `float`, `decimal`, `boolean`, `text`, `date`, `timestamp`, `time`, `binary`, `list`, `empty` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type as Arrow writes it.
    pub arrow_type: String,
    /// Values that are there, NaN included.
    pub count: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Every distinct value was counted: all figures of this column are exact.
    pub exact: bool,
    /// Distinct values.
    pub distinct: Estimate,
    /// The only value of all that are there.
    pub constant: bool,
    /// No value comes twice and none is missing. Of many values it is known of what rises or falls strictly, and else likely.
    pub key: Option<Likelihood>,
    /// How values follow each other.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub monotonic: Option<Monotonic>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<Value>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<Value>,
    /// Of numbers; of lists and texts, of their lengths.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub numbers: Option<Numbers>,
    /// The distribution in bins of one width.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub histogram: Option<Histogram>,
    /// The most frequent values, the first first.
    pub top: Vec<Top>,
    /// Each count of `top` may lack so many.
    pub top_lacking: u64,
    /// All values of a column of text or truth that has up to 100.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub categories: Option<Vec<Value>>,
    /// Of dates and instants.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<TimeProfile>,
    /// Of texts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<TextProfile>,
}

/// How sure something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likelihood {
    /// It is so.
    Certain,
    /// The estimate cannot tell it from being so.
    Likely,
}

/// Figures of numbers. Moments are of the finite values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// NaN: neither missing nor a number.
    pub nan: u64,
    /// Zeros.
    pub zeros: u64,
    /// Less than zero.
    pub negative: u64,
    /// Infinite, of both signs.
    pub infinite: u64,
    /// The mean.
    pub mean: Option<f64>,
    /// The standard deviation of a sample (n − 1).
    pub standard_deviation: Option<f64>,
    /// The adjusted Fisher–Pearson skewness.
    pub skewness: Option<f64>,
    /// The adjusted excess kurtosis.
    pub kurtosis: Option<f64>,
    /// Quantiles by their share of values; between two values where it falls between them.
    pub quantiles: IndexMap<String, f64>,
    /// The rank of a quantile may be off by this share of the values (99 % of sketches); 0 where it is exact.
    pub rank_error: f64,
}

/// Counts in bins of one width; a bin holds its lower edge, the last one both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// One more than there are bins: numbers, or seconds and days since 1970.
    pub edges: Vec<f64>,
    /// The edges as people read them, of dates and instants.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<String>,
    /// Counts.
    pub counts: Vec<u64>,
    /// A count may be off by this share of all values; 0 where it is exact.
    pub error: f64,
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// The value; the first bytes of a long text.
    pub value: Value,
    /// How often it was seen, at least.
    pub count: u64,
}

/// Of dates and instants: in UTC, or in the wall time of a column without a zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeProfile {
    /// Values by weekday, from Monday on.
    pub weekdays: Vec<u64>,
    /// Values by hour, of instants.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub hours: Vec<u64>,
    /// Days with values between the first and the last.
    pub days: Option<u64>,
    /// Days without one between them.
    pub days_without: Option<u64>,
    /// The longest stretch of days without values: its first and its last day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub longest_gap: Option<(String, String)>,
}

/// Of texts. Lengths are of all rows; the rest is of a sample of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextProfile {
    /// Without a character.
    pub empty: u64,
    /// Of blanks alone.
    pub blank: u64,
    /// Texts in the sample.
    pub sample: u64,
    /// Words a text, on average.
    pub words: f64,
    /// Characters a word, on average.
    pub word_length: f64,
    /// The share of English stop words among the words.
    pub stop_words: f64,
    /// Shares of characters: `letters`, `digits`, `blanks`, `punctuation`, `other`.
    pub characters: IndexMap<String, f64>,
    /// Shares of texts that are as a whole an `email`, a `url`, a `uuid`, a `phone` number, a `number` or a `date`.
    pub patterns: IndexMap<String, f64>,
    /// Shares of texts by language (ISO 639-3), of those of at least five words whose language is clear.
    pub languages: IndexMap<String, f64>,
    /// The mean of VADER's compound score, −1 to 1, of English texts; `None` where there are none.
    pub sentiment: Option<f64>,
}

/// How two columns go together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// One column.
    pub left: String,
    /// The other.
    pub right: String,
    /// Pearson's r, of two columns of numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pearson: Option<f64>,
    /// Spearman's ρ, of two columns of numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spearman: Option<f64>,
    /// Cramér's V, corrected for bias (Bergsma 2013), where one is of categories; numbers go in ten bins of equal count.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cramers_v: Option<f64>,
    /// Rows in which both are there.
    pub rows: u64,
    /// The standard error that the sampling adds; 0 where all rows are in it.
    pub standard_error: f64,
}

/// Two columns that are missing in the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MissingTogether {
    /// One column.
    pub left: String,
    /// The other.
    pub right: String,
    /// Rows in which both are missing.
    pub rows: u64,
    /// Of the rows in which either is missing, the share in which both are.
    pub share: f64,
}

/// What the columns say of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetProfile {
    /// The column.
    pub column: String,
    /// Its classes with their shares, exact where the column is; of numbers, tenths of the rows.
    pub classes: Vec<TargetClass>,
    /// Shannon's entropy of the classes over its greatest: 1 is balanced.
    pub balance: f64,
    /// The columns by what they say of the target, the most first.
    pub features: Vec<Feature>,
    /// Rows of the sample in which the target is there.
    pub rows: u64,
}

/// A class of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetClass {
    /// The value, or the interval.
    pub value: String,
    /// Its rows, in the sample.
    pub rows: u64,
    /// The mean of each column of numbers in it.
    pub means: IndexMap<String, f64>,
}

/// What a column says of the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// The column.
    pub column: String,
    /// Mutual information in nats, corrected for bias (Miller–Madow), numbers in ten bins of equal count.
    pub mutual_information: f64,
    /// The same as a share of the target's entropy.
    pub share: f64,
    /// It nearly gives the target away, and should not be known before it.
    pub leakage_suspect: bool,
}

/// Rows by the values of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    /// The column.
    pub column: String,
    /// Its most frequent values; the rows of all others are left out.
    pub segments: Vec<Segment>,
    /// With a target of two classes: the difference between the highest and the lowest rate of its second class (demographic
    /// parity difference, Agarwal et al. 2018).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parity_difference: Option<f64>,
    /// The lowest rate over the highest (disparate impact; below 0.8 the four-fifths rule of 29 CFR 1607.4(D) is broken).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parity_ratio: Option<f64>,
    /// What a rate is of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub positive: Option<String>,
}

/// The rows of one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The value.
    pub value: String,
    /// Its rows, in the sample.
    pub rows: u64,
    /// The rate of the target's positive class, or the mean of a target of numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<Estimate>,
    /// The mean of each column of numbers.
    pub means: IndexMap<String, f64>,
    /// The share of missing values of each column that has some.
    pub missing: IndexMap<String, f64>,
}

impl Profile {
    /// The format that this version writes.
    pub const FORMAT: u32 = 1;

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl ColumnProfile {
    /// The share of rows without a value.
    pub fn missing_share(&self) -> f64 {
        let rows = self.count + self.missing;
        if rows == 0 {
            0.0
        } else {
            self.missing as f64 / rows as f64
        }
    }
}
