//! The command of a job with its expressions filled in.

use crate::failure::Failure;
use crate::variables::Texts;
use tidemill_spec::{Ref, Template};

/// Fills in `${{inputs.x}}`, `${{outputs.y}}` and `$[[…]]`, as raw text: quoting is the command's own affair. A bracket in
/// which an input has no value is dropped whole.
pub(crate) fn render(command: &str, job: &str, texts: &Texts) -> Result<String, Failure> {
    let template = Template::parse(command)
        .map_err(|error| Failure::new(format!("failed to read the command: {error}; {}", error.hint)))?;
    let value = |reference: &Ref| match reference {
        Ref::Input(name) | Ref::SearchSpace(name) => texts.inputs.get(name).cloned(),
        Ref::Output(name) => texts.outputs.get(name).cloned(),
        Ref::Name => Some(job.to_owned()),
        _ => None,
    };
    template.render(&value).map_err(|error| {
        let inputs = texts.inputs.keys().map(|name| format!("inputs.{name}"));
        let known: Vec<String> = inputs
            .chain(texts.outputs.keys().map(|name| format!("outputs.{name}")))
            .collect();
        let known = if known.is_empty() {
            "neither inputs nor outputs".to_owned()
        } else {
            known.join(", ")
        };
        Failure::new(format!(
            "{error}: the job has {known}; give it a value, or put it into $[[…]]"
        ))
    })
}

/// Fills in a variable of the job in the same way. Braces that stand for nothing here are left as they are: they may mean
/// something to the script.
pub(crate) fn fill_in(value: &mut String, job: &str, texts: &Texts) {
    if value.contains("${{")
        && let Ok(filled) = render(value, job, texts)
    {
        *value = filled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        Texts {
            inputs: pairs(&[("x", "1"), ("a_b", "two words")]),
            data: vec![],
            outputs: pairs(&[("out", "/o")]),
        }
    }

    #[test]
    fn references_become_raw_text() {
        for (command, expected) in [
            (
                "echo ${{inputs.x}} ${{ inputs.a_b }} > ${{outputs.out}}/f",
                "echo 1 two words > /o/f",
            ),
            (
                "run $[[--y ${{inputs.y}}]] $[[--x ${{inputs.x}}]] ${{name}}",
                "run  --x 1 calm_tide",
            ),
            (
                "m $[[inputs.registered_model_name]]",
                "m inputs.registered_model_name",
            ),
            (
                "echo $HOME ${RANK} ${data.text} \\\\.",
                "echo $HOME ${RANK} ${data.text} \\\\.",
            ),
        ] {
            assert_eq!(
                render(command, "calm_tide", &texts()).expect("all have values"),
                expected
            );
        }
    }

    #[test]
    fn variables_are_filled_in_and_what_stands_for_nothing_stays() {
        for (value, expected) in [
            ("${{inputs.x}}/${{name}}", "1/calm_tide"),
            ("to=${{outputs.out}}", "to=/o"),
            ("${{ matrix.os }}", "${{ matrix.os }}"),
            ("${{inputs.z}}", "${{inputs.z}}"),
            ("$[[plain]]", "$[[plain]]"),
        ] {
            let mut value = value.to_owned();
            fill_in(&mut value, "calm_tide", &texts());
            assert_eq!(value, expected);
        }
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let error = render("echo ${{inputs.z}}", "j", &texts())
            .expect_err("no such input")
            .to_string();
        assert!(
            error.contains("${{inputs.z}}") && error.contains("inputs.a_b"),
            "{error}"
        );
    }
}
