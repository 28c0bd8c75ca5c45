//! The ports that a component declares.

use indexmap::IndexMap;

use super::{names, values};
use crate::error::{FieldPath, Problem};
use crate::kinds::{ComponentInput, PortType};

pub(super) fn check_ports(
    inputs: &IndexMap<String, ComponentInput>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    names::check_port_names(inputs.keys(), &at.key("inputs"), problems);
    for (name, input) in inputs {
        let path = at.key("inputs").key(name);
        let mut only = |given: bool, field: &str, what: &str| {
            if given {
                let problem = Problem::new(format!("`{field}` has a meaning for {what} only"));
                problems.push(
                    problem
                        .at(path.key(field))
                        .hint(format!("this input is of type `{}`", input.port_type.word())),
                );
            }
        };
        let number = matches!(input.port_type, PortType::Integer | PortType::Number);
        only(input.min.is_some() && !number, "min", "numbers");
        only(input.max.is_some() && !number, "max", "numbers");
        only(
            !input.allowed.is_empty() && !input.port_type.is_parameter(),
            "enum",
            "parameters",
        );
        only(
            input.mode.is_some() && input.port_type.is_parameter(),
            "mode",
            "data",
        );
        if let (Some(min), Some(max)) = (input.min, input.max)
            && min > max
        {
            problems.push(
                Problem::new(format!("`min` ({min}) is greater than `max` ({max})")).at(path.key("min")),
            );
        }
        if let Some(default) = &input.default
            && input.port_type.is_parameter()
            && let Err(problem) = values::check(default, input)
        {
            problems.push(problem.at(path.key("default")));
        }
    }
}
