//! What can be wrong with a filter, an ordering or a page token.

impl QueryError {
    /// Where in the text it went wrong, in characters from its beginning; `None` when no place is to blame.
    #[must_use]
    pub fn position(&self, text: &str) -> Option<usize> {
        let found = match self {
            Self::InvalidClause(words) => words.split("', '").next()?,
            Self::InvalidWords(words) => words.split(", ").next()?,
            Self::ExpectedIdentifier(found)
            | Self::InvalidEntityType(found)
            | Self::InvalidLoggedModelEntity(found)
            | Self::InvalidDatasetKey(found)
            | Self::InvalidSpanAttribute(found)
            | Self::InvalidIssueAttribute(found)
            | Self::PromptComparator(found)
            | Self::InvalidPrompt(found)
            | Self::ExpectedMetricNumber(found)
            | Self::Unquoted(found)
            | Self::ExpectedAttributeText(found)
            | Self::ExpectedAttributeTexts(found)
            | Self::ExpectedDatasetText(found)
            | Self::InvalidComparatorFor { found, .. }
            | Self::InvalidEntity { found, .. }
            | Self::InvalidEntityOf { found, .. }
            | Self::InvalidAttribute { key: found, .. }
            | Self::InvalidComparator { found, .. }
            | Self::NullTestUnsupported { key: found, .. }
            | Self::ExpectedAttributeNumber { found, .. }
            | Self::ExpectedAssessmentNumber { found, .. }
            | Self::InvalidNumber { found, .. }
            | Self::ExpectedText { found, .. }
            | Self::ExpectedList { found, .. } => found,
            _ => return None,
        };
        let at = text.find(found).filter(|_| !found.is_empty())?;
        Some(text[..at].chars().count())
    }
}

/// A search that can't be understood. Each text is shown to the client as it is, with the code
/// `INVALID_PARAMETER_VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Something that is not a comparison.
    #[error("Invalid clause(s) in filter string: '{0}'")]
    InvalidClause(String),
    /// The same, where the words are not quoted.
    #[error("Invalid clause(s) in filter string: {0}")]
    InvalidWords(String),
    /// A filter of logged models that is not a list of comparisons.
    #[error(
        "Invalid filter string: '{0}'. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01')."
    )]
    InvalidLoggedModelFilter(String),
    /// A prefix that logged models don't have.
    #[error("Invalid entity type: '{0}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].")]
    InvalidLoggedModelEntity(String),
    /// A prefix that experiments and models don't have.
    #[error("Invalid entity type '{0}'. Valid entity types are ('attribute', 'attributes', 'tag', 'tags')")]
    InvalidEntityType(String),
    /// Models are not ordered by this.
    #[error("Invalid order by key '{key}' specified. Valid keys are '{valid}'")]
    InvalidOrderKey {
        /// The key that was written.
        key: String,
        /// The ones that exist.
        valid: String,
    },
    /// Nothing but blanks.
    #[error("Invalid filter '{0}'. Could not be parsed.")]
    Unparsable(String),
    /// More than one statement.
    #[error("Search filter contained multiple expression '{0}'. Provide AND-ed expression list.")]
    MultipleExpressions(String),
    /// The left side is not an identifier.
    #[error("Invalid comparison clause. Expected 'Identifier' found '{0}'")]
    ExpectedIdentifier(String),
    /// A prefix that this search doesn't know.
    #[error("Invalid entity type '{found}'. Valid values are {valid}")]
    InvalidEntity {
        /// The prefix that was written.
        found: String,
        /// The ones that exist.
        valid: &'static str,
    },
    /// The same, where the list is put together.
    #[error("Invalid entity type '{found}'. Valid values are {valid}")]
    InvalidEntityOf {
        /// The prefix that was written.
        found: String,
        /// The ones that exist.
        valid: String,
    },
    /// Spans have a few things to compare.
    #[error(
        "Invalid span attribute '{0}'. Supported attributes: name, status, type, attributes.<attribute_name>."
    )]
    InvalidSpanAttribute(String),
    /// `span.attributes.` without a name.
    #[error("Span attribute name cannot be empty after 'attributes.'")]
    EmptySpanAttribute,
    /// Issues have only their id.
    #[error("Invalid issue attribute '{0}'. Supported attributes: id")]
    InvalidIssueAttribute(String),
    /// Prompts are compared by `=` alone.
    #[error(
        "Invalid comparator '{0}' for prompts filter. Only '=' is supported with format: prompt = \"name/version\""
    )]
    PromptComparator(String),
    /// A prompt is `name/version`.
    #[error("Invalid prompts filter value '{0}'. Expected format: prompt = \"name/version\"")]
    InvalidPrompt(String),
    /// What is ordered by size is compared with a number.
    #[error("Expected a numeric value for {entity} when using comparator '{operator}'. Got value {found}")]
    ExpectedAssessmentNumber {
        /// Feedback or expectation.
        entity: &'static str,
        /// The operator.
        operator: &'static str,
        /// What was found.
        found: String,
    },
    /// An ordering by something that has no order.
    #[error("Invalid identifier type '{0}'")]
    InvalidIdentifierType(String),
    /// An attribute that this search doesn't know.
    #[error("Invalid attribute key '{key}' specified. Valid keys are '{valid}'")]
    InvalidAttribute {
        /// The attribute that was written.
        key: String,
        /// The ones that exist.
        valid: String,
    },
    /// A dataset has only a few things to compare.
    #[error("Invalid dataset key '{0}' specified. Valid keys are '{{'name', 'digest', 'context'}}'")]
    InvalidDatasetKey(String),
    /// An operator that this kind of key doesn't take.
    #[error("Invalid comparator '{found}' not one of '{{{valid}}}'")]
    InvalidComparator {
        /// The operator that was written.
        found: String,
        /// The ones that this key takes.
        valid: &'static str,
    },
    /// `IS NULL` asks whether a tag or parameter exists; an attribute always does.
    #[error("IS NULL / IS NOT NULL is only supported for {supported}, not for {entity} '{key}'")]
    NullTestUnsupported {
        /// What has such a test.
        supported: &'static str,
        /// What was asked.
        entity: String,
        /// Its key.
        key: String,
    },
    /// A metric is compared with a number.
    #[error("Expected numeric value type for metric. Found {0}")]
    ExpectedMetricNumber(String),
    /// So is a time.
    #[error("Expected numeric value type for numeric attribute: {key}. Found {found}")]
    ExpectedAttributeNumber {
        /// The attribute.
        key: String,
        /// What it was compared with.
        found: String,
    },
    /// Only whole numbers are compared with times and versions.
    #[error("Invalid value for numeric attribute '{key}': '{found}'")]
    InvalidNumber {
        /// The attribute.
        key: String,
        /// What it was compared with.
        found: String,
    },
    /// A text without quotes.
    #[error(
        "Parameter value is either not quoted or unidentified quote types used for string value {0}. Use either single or double quotes."
    )]
    Unquoted(String),
    /// A number or list where a text belongs.
    #[error("Expected a quoted string value for {entity} (e.g. 'my-value'). Got value {found}")]
    ExpectedText {
        /// Tag, parameter, attribute or dataset.
        entity: &'static str,
        /// What was found.
        found: String,
    },
    /// A number where the text of an attribute belongs.
    #[error("Expected a quoted string value for attributes. Got value {0}")]
    ExpectedAttributeText(String),
    /// The same, where a list would do too.
    #[error("Expected a quoted string value or a list of quoted string values for attributes. Got value {0}")]
    ExpectedAttributeTexts(String),
    /// The same of a dataset.
    #[error("Expected a quoted string value for dataset attributes. Got value {0}")]
    ExpectedDatasetText(String),
    /// An operator that this kind of key doesn't take, without the ones that it takes.
    #[error("Invalid comparator for {entity}: {found}")]
    InvalidComparatorFor {
        /// Tag or attribute.
        entity: &'static str,
        /// The operator that was written.
        found: String,
    },
    /// Models have no such test.
    #[error("IS NULL / IS NOT NULL is not supported for {0} search.")]
    NullTestNowhere(&'static str),
    /// A list for a key that has none.
    #[error("Only {0} attributes support comparison with a list of quoted string values.")]
    ListUnsupported(String),
    /// `IN` and `NOT IN` need a list.
    #[error("Expected a list of quoted string values after '{operator}'. Got value {found}")]
    ExpectedList {
        /// `IN` or `NOT IN`.
        operator: &'static str,
        /// What was found.
        found: String,
    },
    /// `()`.
    #[error(
        "While parsing a list in the query, expected a non-empty list of string values, but got empty list"
    )]
    EmptyList,
    /// `('a', 1)`, `('a'`.
    #[error(
        "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list."
    )]
    IllFormedList,
    /// An ordering that is not `key`, `key ASC` or `key DESC`.
    #[error("Invalid order_by clause '{0}'. Could not be parsed.")]
    InvalidOrder(String),
    /// A second word that is not a direction.
    #[error("Invalid ordering key in order_by clause '{0}'.")]
    InvalidDirection(String),
    /// An ordering by something that has no order.
    #[error("Invalid order_by entity: {0}")]
    InvalidOrderEntity(String),
    /// A structured ordering of logged models by something that they don't have.
    #[error("Invalid order by field name: {0}")]
    InvalidOrderField(String),
    /// A filter of issues or of figures of traces that can't be read: the text says why.
    #[error("{0}")]
    Said(String),
    /// A page token that this server didn't make.
    #[error("Invalid page token, {0}")]
    InvalidPageToken(String),
}
