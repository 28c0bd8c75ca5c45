//! The command of a job with its expressions filled in.

use crate::failure::Failure;
use crate::variables::Texts;

/// Fills in `${{inputs.x}}`, `${{outputs.y}}` and `$[[…]]`, as raw text: quoting is the command's own affair. A bracket in
/// which an input has no value is dropped whole.
pub(crate) fn render(command: &str, texts: &Texts) -> Result<String, Failure> {
    let mut rendered = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(start) = rest.find("$[[") {
        let (before, after) = rest.split_at(start);
        fill(before, texts, &mut rendered).map_err(|name| unknown(&name, texts))?;
        let Some((inside, behind)) = after.get(3..).and_then(|inside| inside.split_once("]]")) else {
            rest = after;
            break;
        };
        let mut optional = String::new();
        if fill(inside, texts, &mut optional).is_ok() {
            rendered.push_str(&optional);
        }
        rest = behind;
    }
    fill(rest, texts, &mut rendered).map_err(|name| unknown(&name, texts))?;
    Ok(rendered)
}

/// Appends text with its references filled in; gives the first that stands for nothing.
fn fill(text: &str, texts: &Texts, rendered: &mut String) -> Result<(), String> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let Some((reference, behind)) = after.split_once("}}") else {
            break;
        };
        let reference = reference.trim();
        let value = match reference.split_once('.') {
            Some(("inputs", name)) => texts.inputs.get(name),
            Some(("outputs", name)) => texts.outputs.get(name),
            _ => None,
        };
        rendered.push_str(before);
        rendered.push_str(value.ok_or(reference)?);
        rest = behind;
    }
    rendered.push_str(rest);
    Ok(())
}

fn unknown(reference: &str, texts: &Texts) -> Failure {
    let known: Vec<String> = (texts.inputs.keys().map(|name| format!("inputs.{name}")))
        .chain(texts.outputs.keys().map(|name| format!("outputs.{name}")))
        .collect();
    let known = if known.is_empty() {
        "nothing".to_owned()
    } else {
        known.join(", ")
    };
    Failure::new(format!(
        "failed to fill in ${{{{{reference}}}}} of the command: the job has {known}; give it a value, or put it into $[[…]]"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts() -> Texts {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        Texts {
            inputs: pairs(&[("x", "1"), ("a-b", "two words")]),
            data: vec![],
            outputs: pairs(&[("out", "/o")]),
        }
    }

    #[test]
    fn references_become_raw_text() {
        for (command, expected) in [
            (
                "echo ${{inputs.x}} ${{ inputs.a-b }} > ${{outputs.out}}/f",
                "echo 1 two words > /o/f",
            ),
            (
                "run $[[--y ${{inputs.y}}]] $[[--x ${{inputs.x}}]] end",
                "run  --x 1 end",
            ),
            (
                "m $[[inputs.registered_model_name]]",
                "m inputs.registered_model_name",
            ),
            (
                "echo $HOME ${RANK} ${data.text} \\\\. $[[ open ${{",
                "echo $HOME ${RANK} ${data.text} \\\\. $[[ open ${{",
            ),
        ] {
            assert_eq!(render(command, &texts()).expect("all have values"), expected);
        }
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let error = render("echo ${{inputs.z}}", &texts())
            .expect_err("no such input")
            .to_string();
        assert!(
            error.contains("${{inputs.z}}") && error.contains("inputs.a-b"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn no_command_makes_it_panic(command in "[$\\[\\]{}a-z. ]*") {
            let _ = render(&command, &texts());
        }
    }
}
