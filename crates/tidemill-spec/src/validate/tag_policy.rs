//! Rules for tags and names: each is for one thing, and links lead to the web. Whether a pattern can be read is said by
//! the server, which applies it.

use crate::error::{FieldPath, Problem};
use crate::kinds::TagPolicy;

const PLACES: [&str; 2] = ["{value}", "{digits}"];

pub(super) fn check(rules: &TagPolicy, problems: &mut Vec<Problem>) {
    let root = FieldPath::default().key("tag_policy");
    for (name, rule) in rules {
        let at = root.key(name);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
            problems
                .push(Problem::new("expected a name of letters, digits, `-`, `_` and `.`").at(at.clone()));
        }
        let wrong = match (&rule.tag, &rule.name) {
            (None, None) => Some("expected `tag` or `name`: what is the rule for?"),
            (Some(_), Some(_)) => Some("expected `tag` or `name`, not both: write two rules"),
            (Some(tag), None) if tag.is_empty() || tag.len() > 250 => {
                Some("expected a tag of 1 to 250 characters")
            }
            (None, Some(_)) if rule.pattern.is_some() => {
                Some("expected no `pattern` beside `name`, which is the pattern")
            }
            (None, Some(_)) if rule.link.is_some() => {
                Some("expected `link` beside `tag`: only tags are linked")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            problems.push(Problem::new(wrong).at(at.clone()));
        }
        if let Some(link) = &rule.link
            && !((link.starts_with("https://") || link.starts_with("http://"))
                && PLACES.iter().any(|place| link.contains(place)))
        {
            problems.push(
                Problem::new("expected a URL of http or https with {value} or {digits} in it")
                    .at(at.key("link")),
            );
        }
    }
}
