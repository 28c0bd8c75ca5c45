//! The little of a shell that reading `RUN` lines needs: words, and where one command ends.

/// `NAME=value` in front of a command.
pub(super) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// Text without its quotes.
pub(super) fn unquoted(text: &str) -> String {
    words(text).join(" ")
}

/// A shell line as commands, split at `&&`, `||`, `;` and `|`.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    for word in words(line) {
        if matches!(word.as_str(), "&&" | "||" | ";" | "|") {
            commands.push(Vec::new());
            continue;
        }
        let (word, ends) = match word.strip_suffix(';') {
            Some(word) => (word.to_owned(), true),
            None => (word, false),
        };
        if !word.is_empty()
            && let Some(last) = commands.last_mut()
        {
            last.push(word);
        }
        if ends {
            commands.push(Vec::new());
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// Words as a shell splits them: quotes and backslashes, nothing else.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => {
                if let Some(next) = characters.next() {
                    word.get_or_insert_default().push(next);
                }
            }
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_would() {
        let line = r#"A=1 pip install 'numpy>=1,<2' "a b" c\ d&& x; y || z"#;
        let expected: &[&[&str]] = &[
            &["A=1", "pip", "install", "numpy>=1,<2", "a b", "c d&&", "x"],
            &["y"],
            &["z"],
        ];
        assert_eq!(commands(line), expected);
    }
}
