//! What an expression may name at the place where it stands.

use crate::error::{FieldPath, Problem, did_you_mean};
use crate::expr::{Ref, Template};

/// What can be named.
#[derive(Default)]
pub(super) struct Scope<'s> {
    /// `inputs.*`, where they can be named.
    pub(super) inputs: Option<Vec<&'s str>>,
    /// `outputs.*`, where they can be named.
    pub(super) outputs: Option<Vec<&'s str>>,
    /// `parent.…`, inside a pipeline.
    pub(super) parent: Option<&'s Parent<'s>>,
}

/// What steps of a pipeline can name.
#[derive(Default)]
pub(super) struct Parent<'s> {
    pub(super) inputs: Vec<&'s str>,
    pub(super) outputs: Vec<&'s str>,
    pub(super) steps: Vec<Step<'s>>,
}

/// A step and its ports; `None` where they are not known here, because the component is a reference.
pub(super) struct Step<'s> {
    pub(super) name: &'s str,
    pub(super) inputs: Option<Vec<&'s str>>,
    pub(super) outputs: Option<Vec<&'s str>>,
}

/// Reads a text and checks what it names; gives the template where it can be read.
pub(super) fn check_text(
    text: &str,
    scope: &Scope<'_>,
    path: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<Template> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            problems.push(Problem::new(error.message).at(path.clone()).hint(error.hint));
            return None;
        }
    };
    for reference in template.refs() {
        if let Err(problem) = check_ref(reference, scope) {
            problems.push(problem.at(path.clone()));
        }
    }
    Some(template)
}

fn check_ref(reference: &Ref, scope: &Scope<'_>) -> Result<(), Problem> {
    match reference {
        Ref::Input(name) => named(name, scope.inputs.as_deref(), reference, "input", scope),
        Ref::Output(name) => named(name, scope.outputs.as_deref(), reference, "output", scope),
        Ref::ParentInput(name) => {
            let parent = scope.parent.ok_or_else(|| no_parent(reference))?;
            named(
                name,
                Some(&parent.inputs),
                reference,
                "input of the pipeline",
                scope,
            )
        }
        Ref::ParentOutput(name) => {
            let parent = scope.parent.ok_or_else(|| no_parent(reference))?;
            named(
                name,
                Some(&parent.outputs),
                reference,
                "output of the pipeline",
                scope,
            )
        }
        Ref::JobOutput { job, output } => {
            let step = step(job, reference, scope)?;
            match &step.outputs {
                Some(outputs) => named(
                    output,
                    Some(outputs),
                    reference,
                    &format!("output of the step `{job}`"),
                    scope,
                ),
                None => Ok(()),
            }
        }
        Ref::JobInput { job, input } => {
            let step = step(job, reference, scope)?;
            match &step.inputs {
                Some(inputs) => named(
                    input,
                    Some(inputs),
                    reference,
                    &format!("input of the step `{job}`"),
                    scope,
                ),
                None => Ok(()),
            }
        }
        Ref::SearchSpace(_) => Err(Problem::new(format!(
            "`${{{{{reference}}}}}` has a meaning in sweep jobs only"
        ))
        .hint("sweep jobs are not supported yet")),
        // Inputs and outputs are shown wherever their job is.
        Ref::Secret(_) if scope.inputs.is_none() => Err(Problem::new(format!(
            "`${{{{{reference}}}}}` would be shown here"
        ))
        .hint("name secrets in the command or in environment_variables")),
        Ref::Name | Ref::DefaultDatastore | Ref::OutputName | Ref::Secret(_) => Ok(()),
    }
}

fn step<'s>(job: &str, reference: &Ref, scope: &Scope<'s>) -> Result<&'s Step<'s>, Problem> {
    let parent = scope.parent.ok_or_else(|| no_parent(reference))?;
    parent.steps.iter().find(|step| step.name == job).ok_or_else(|| {
        Problem::new(format!(
            "`${{{{{reference}}}}}` names the step `{job}`, which is not in this pipeline"
        ))
        .maybe_hint(did_you_mean(
            job,
            parent.steps.iter().map(|step| step.name).collect::<Vec<_>>(),
            "steps",
        ))
    })
}

fn named(
    name: &str,
    names: Option<&[&str]>,
    reference: &Ref,
    what: &str,
    scope: &Scope<'_>,
) -> Result<(), Problem> {
    let Some(names) = names else {
        let problem = Problem::new(format!("`${{{{{reference}}}}}` has no meaning here"));
        return Err(match scope.parent {
            Some(_) => problem.hint(format!("did you mean `${{{{parent.{reference}}}}}`?")),
            None => problem.hint("`inputs` and `outputs` are named in commands"),
        });
    };
    if names.contains(&name) {
        return Ok(());
    }
    let plural = what
        .replacen("input", "inputs", 1)
        .replacen("output", "outputs", 1);
    Err(Problem::new(format!(
        "`${{{{{reference}}}}}` names the {what} `{name}`, which is not declared"
    ))
    .maybe_hint(did_you_mean(name, names.iter().copied(), &plural)))
}

fn no_parent(reference: &Ref) -> Problem {
    Problem::new(format!(
        "`${{{{{reference}}}}}` has a meaning in steps of a pipeline only"
    ))
    .hint("write `${{inputs.<name>}}` or `${{outputs.<name>}}`")
}
