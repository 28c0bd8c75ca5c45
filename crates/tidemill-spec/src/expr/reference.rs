//! What stands between `${{` and `}}`.

use std::fmt;

use crate::error::nearest;

/// What an expression names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ref {
    /// `inputs.x`
    Input(String),
    /// `outputs.x`
    Output(String),
    /// `parent.inputs.x`
    ParentInput(String),
    /// `parent.outputs.x`
    ParentOutput(String),
    /// `parent.jobs.a.outputs.b`
    JobOutput {
        /// The step's name.
        job: String,
        /// The output's name.
        output: String,
    },
    /// `parent.jobs.a.inputs.b`
    JobInput {
        /// The step's name.
        job: String,
        /// The input's name.
        input: String,
    },
    /// `name`: the job's name
    Name,
    /// `default_datastore`
    DefaultDatastore,
    /// `output_name`
    OutputName,
    /// `secrets.NAME`
    Secret(String),
    /// `search_space.x`
    SearchSpace(String),
}

impl Ref {
    /// Reads the text between the braces; the error is a message and a hint.
    pub(super) fn parse(text: &str) -> Result<Self, (String, String)> {
        let text = text.trim();
        let field = |rest: &str| valid(rest).then(|| rest.to_owned());
        let found = match text {
            "name" => Some(Self::Name),
            "default_datastore" => Some(Self::DefaultDatastore),
            "output_name" => Some(Self::OutputName),
            _ => match text.split_once('.') {
                Some(("inputs", rest)) => field(rest).map(Self::Input),
                Some(("outputs", rest)) => field(rest).map(Self::Output),
                Some(("secrets", rest)) => field(rest).map(Self::Secret),
                Some(("search_space", rest)) => field(rest).map(Self::SearchSpace),
                Some(("parent", rest)) => parent(rest),
                _ => None,
            },
        };
        found.ok_or_else(|| (format!("unknown expression `${{{{{text}}}}}`"), hint(text)))
    }
}

fn parent(rest: &str) -> Option<Ref> {
    let field = |rest: &str| valid(rest).then(|| rest.to_owned());
    match rest.split_once('.')? {
        ("inputs", rest) => field(rest).map(Ref::ParentInput),
        ("outputs", rest) => field(rest).map(Ref::ParentOutput),
        ("jobs", rest) => {
            let (job, rest) = rest.split_once('.')?;
            let (side, port) = rest.split_once('.')?;
            let (job, port) = (field(job)?, field(port)?);
            match side {
                "outputs" => Some(Ref::JobOutput { job, output: port }),
                "inputs" => Some(Ref::JobInput { job, input: port }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn valid(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| !part.is_empty())
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn hint(text: &str) -> String {
    let first = text.split('.').next().unwrap_or_default();
    if let Some(rest) = text.strip_prefix("jobs.") {
        return format!("did you mean `${{{{parent.jobs.{rest}}}}}`?");
    }
    let roots = [
        "inputs",
        "outputs",
        "parent",
        "name",
        "default_datastore",
        "output_name",
        "secrets",
        "search_space",
    ];
    match nearest(first, roots) {
        Some(near) if near != first => format!("did you mean `{near}`?"),
        Some("parent") => {
            "write `parent.inputs.<name>`, `parent.outputs.<name>`, or `parent.jobs.<step>.outputs.<name>`".to_owned()
        }
        Some(near) if text.contains('.') || matches!(near, "inputs" | "outputs" | "secrets" | "search_space") => {
            format!("write `{near}.<name>`; names have letters, digits, `_` and `-`")
        }
        _ => "known are `inputs.<name>`, `outputs.<name>`, `parent.inputs.<name>`, `parent.outputs.<name>`, \
              `parent.jobs.<step>.outputs.<name>`, `name`, `default_datastore`, `output_name`, `secrets.<name>` and \
              `search_space.<name>`"
            .to_owned(),
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(name) => write!(f, "inputs.{name}"),
            Self::Output(name) => write!(f, "outputs.{name}"),
            Self::ParentInput(name) => write!(f, "parent.inputs.{name}"),
            Self::ParentOutput(name) => write!(f, "parent.outputs.{name}"),
            Self::JobOutput { job, output } => write!(f, "parent.jobs.{job}.outputs.{output}"),
            Self::JobInput { job, input } => write!(f, "parent.jobs.{job}.inputs.{input}"),
            Self::Name => f.write_str("name"),
            Self::DefaultDatastore => f.write_str("default_datastore"),
            Self::OutputName => f.write_str("output_name"),
            Self::Secret(name) => write!(f, "secrets.{name}"),
            Self::SearchSpace(name) => write!(f, "search_space.{name}"),
        }
    }
}
