//! A text with expressions in it.

use super::reference::Ref;

/// A text that is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

/// An expression that has no value where one is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to fill in `${{{{{0}}}}}`: it has no value")]
pub struct RenderError(pub Ref);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Ref(Ref),
    /// `$[[ … ]]`
    Optional(Vec<Part>),
}

/// A text with expressions in it.
///
/// Everything but `${{…}}` and `$[[…]]` is plain text: `$VAR`, `${VAR}`, `${data.text}` and backslashes stay as they are.
/// A block `$[[…]]` is dropped when an expression inside has no value; a block without an expression is the text inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// `${{` without `}}`, or an expression that is not known.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let offset = text.len() - rest.len();
            let next = match (rest.find("${{"), rest.find("$[[")) {
                (Some(a), Some(b)) => a.min(b),
                (Some(a), None) => a,
                (None, Some(b)) => b,
                (None, None) => break,
            };
            push_text(&mut parts, &rest[..next]);
            if rest[next..].starts_with("${{") {
                let (reference, length) = expression(&rest[next..], offset + next)?;
                parts.push(Part::Ref(reference));
                rest = &rest[next + length..];
            } else if let Some((inner, length)) = block(&rest[next..], offset + next)? {
                let has_ref = inner.iter().any(|part| matches!(part, Part::Ref(_)));
                if has_ref {
                    parts.push(Part::Optional(inner));
                } else {
                    inner.into_iter().for_each(|part| parts.push(part));
                }
                rest = &rest[next + length..];
            } else {
                push_text(&mut parts, "$[[");
                rest = &rest[next + 3..];
            }
        }
        push_text(&mut parts, rest);
        Ok(Self { parts })
    }

    /// All that the text names, in order.
    pub fn refs(&self) -> Vec<&Ref> {
        self.refs_with_optional()
            .into_iter()
            .map(|(reference, _)| reference)
            .collect()
    }

    /// All that the text names, each with whether it stands in a block that may be dropped.
    pub fn refs_with_optional(&self) -> Vec<(&Ref, bool)> {
        let mut found = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(_) => {}
                Part::Ref(reference) => found.push((reference, false)),
                Part::Optional(inner) => found.extend(inner.iter().filter_map(|part| match part {
                    Part::Ref(reference) => Some((reference, true)),
                    _ => None,
                })),
            }
        }
        found
    }

    /// The single expression that is the whole text, if it is one: then a value keeps its type and data stays data.
    pub fn singular(&self) -> Option<&Ref> {
        match self.parts.as_slice() {
            [Part::Ref(reference)] => Some(reference),
            _ => None,
        }
    }

    /// True where there is nothing to fill in.
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The text with every expression filled in; `value` gives `None` where there is no value.
    ///
    /// # Errors
    /// An expression outside `$[[…]]` has no value.
    pub fn render(&self, value: &dyn Fn(&Ref) -> Option<String>) -> Result<String, RenderError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Ref(reference) => {
                    text.push_str(&value(reference).ok_or_else(|| RenderError(reference.clone()))?);
                }
                Part::Optional(inner) => text.push_str(&block_text(inner, value).unwrap_or_default()),
            }
        }
        Ok(text)
    }
}

fn block_text(inner: &[Part], value: &dyn Fn(&Ref) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    for part in inner {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Ref(reference) => text.push_str(&value(reference)?),
            Part::Optional(_) => {}
        }
    }
    Some(text)
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// Reads `${{ … }}` at the start of `text`; gives the length that was read.
fn expression(text: &str, offset: usize) -> Result<(Ref, usize), ExprError> {
    let Some(end) = text.find("}}") else {
        return Err(ExprError {
            message: "`${{` is not closed".to_owned(),
            hint: "close the expression with `}}`".to_owned(),
            offset,
        });
    };
    match Ref::parse(&text[3..end]) {
        Ok(reference) => Ok((reference, end + 2)),
        Err((message, hint)) => Err(ExprError {
            message,
            hint,
            offset,
        }),
    }
}

/// Reads `$[[ … ]]` at the start of `text`; `None` where it is not closed, and so is plain text.
fn block(text: &str, offset: usize) -> Result<Option<(Vec<Part>, usize)>, ExprError> {
    let mut parts = Vec::new();
    let mut at = 3;
    loop {
        let rest = &text[at..];
        let Some(end) = rest.find("]]") else {
            return Ok(None);
        };
        match rest.find("${{").filter(|start| *start < end) {
            Some(start) => {
                push_text(&mut parts, &rest[..start]);
                let (reference, length) = expression(&rest[start..], offset + at + start)?;
                parts.push(Part::Ref(reference));
                at += start + length;
            }
            None => {
                push_text(&mut parts, &rest[..end]);
                return Ok(Some((parts, at + end + 2)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(reference: &Ref) -> Option<String> {
        match reference {
            Ref::Input(name) if name == "none" => None,
            other => Some(format!("<{other}>")),
        }
    }

    #[test]
    fn fills_in_what_is_named_and_leaves_the_rest() {
        let table = [
            (
                "echo ${{inputs.x}} > ${{ outputs.y }}/f",
                "echo <inputs.x> > <outputs.y>/f",
            ),
            ("$[[--a ${{inputs.none}}]] b", " b"),
            ("$[[--a ${{inputs.x}}]] b", "--a <inputs.x> b"),
            (
                "$[[inputs.registered_model_name]]",
                "inputs.registered_model_name",
            ),
            ("$[[ not closed ${{inputs.x}}", "$[[ not closed <inputs.x>"),
            (
                "${data.text} $HOME ${HOME} \\\\.x $(pwd) {{x}}",
                "${data.text} $HOME ${HOME} \\\\.x $(pwd) {{x}}",
            ),
            (
                "${{parent.jobs.my-step.outputs.o}}",
                "<parent.jobs.my-step.outputs.o>",
            ),
            (
                "azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}",
                "azureml://datastores/<default_datastore>/paths/<name>/<output_name>",
            ),
            (
                "${{secrets.KEY}}${{search_space.lr}}",
                "<secrets.KEY><search_space.lr>",
            ),
        ];
        for (text, filled) in table {
            let template = Template::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(template.render(&values).as_deref(), Ok(filled), "{text}");
        }
        let none = Template::parse("${{inputs.none}}")
            .expect("parses")
            .render(&values)
            .expect_err("no value");
        assert_eq!(
            none.to_string(),
            "failed to fill in `${{inputs.none}}`: it has no value"
        );
    }

    #[test]
    fn a_whole_text_is_singular() {
        assert_eq!(
            Template::parse("${{parent.inputs.x}}")
                .expect("parses")
                .singular(),
            Some(&Ref::ParentInput("x".into()))
        );
        assert_eq!(
            Template::parse("a ${{parent.inputs.x}}")
                .expect("parses")
                .singular(),
            None
        );
    }

    #[test]
    fn strange_expressions_are_errors_with_a_hint() {
        let table = [
            ("${{input.x}}", "did you mean `inputs`?"),
            (
                "${{jobs.a.outputs.b}}",
                "did you mean `${{parent.jobs.a.outputs.b}}`?",
            ),
            (
                "${{inputs}}",
                "write `inputs.<name>`; names have letters, digits, `_` and `-`",
            ),
            ("${{inputs.x", "close the expression with `}}`"),
        ];
        for (text, hint) in table {
            assert_eq!(Template::parse(text).expect_err(text).hint, hint);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\$\\{\\{|\\}\\}|\\$\\[\\[|\\]\\]|inputs\\.|[a-z. é]){0,12}|.{0,40}") {
            if let Ok(template) = Template::parse(&text) {
                let _ = template.render(&values);
                let _ = template.refs();
            }
        }
    }
}
