//! Values against the parameters that they are given to.

use crate::error::{Problem, did_you_mean};
use crate::kinds::{ComponentInput, PortType};
use crate::value::Literal;
use crate::yaml::bool_text;

/// Checks that a value fits a parameter. Texts that read as the right type fit, as they do in Azure ML.
pub(crate) fn check(value: &Literal, port: &ComponentInput) -> Result<(), Problem> {
    let wrong = || {
        let found = match value {
            Literal::Boolean(value) => format!("the boolean {value}"),
            Literal::Integer(_) | Literal::Number(_) => format!("the number {value}"),
            Literal::String(text) => format!("the text \"{}\"", text.chars().take(40).collect::<String>()),
        };
        let expected = match port.port_type {
            PortType::Integer => "a whole number",
            PortType::Number => "a number",
            PortType::Boolean => "true or false",
            _ => "text",
        };
        Problem::new(format!("expected {expected}, found {found}"))
    };
    let number = match port.port_type {
        PortType::Integer => Some(integer(value).ok_or_else(wrong)? as f64),
        PortType::Number => Some(number(value).ok_or_else(wrong)?),
        PortType::Boolean => {
            let fits = match value {
                Literal::Boolean(_) => true,
                Literal::String(text) => bool_text(text.trim()).is_some(),
                _ => false,
            };
            return if fits { Ok(()) } else { Err(wrong()) };
        }
        _ => None,
    };
    if let Some(number) = number {
        if let Some(min) = port.min.filter(|min| number < *min) {
            return Err(Problem::new(format!(
                "{value} is less than the least value {min}"
            )));
        }
        if let Some(max) = port.max.filter(|max| number > *max) {
            return Err(Problem::new(format!(
                "{value} is greater than the greatest value {max}"
            )));
        }
    }
    let text = value.to_string();
    if !port.allowed.is_empty()
        && !port
            .allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&text))
    {
        return Err(
            Problem::new(format!("`{text}` is not one of the values that are allowed")).maybe_hint(
                did_you_mean(&text, port.allowed.iter().map(String::as_str), "allowed values"),
            ),
        );
    }
    Ok(())
}

fn integer(value: &Literal) -> Option<i64> {
    match value {
        Literal::Integer(value) => Some(*value),
        Literal::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(*value as i64),
        Literal::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Literal) -> Option<f64> {
    match value {
        Literal::Integer(value) => Some(*value as f64),
        Literal::Number(value) => Some(*value),
        Literal::String(text) => text.trim().parse().ok(),
        Literal::Boolean(_) => None,
    }
}
