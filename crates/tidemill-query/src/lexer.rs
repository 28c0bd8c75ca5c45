//! Cuts a filter into words: identifiers, literals, operators and keywords. Never fails: what it doesn't know
//! becomes an [`Token::Other`] that the grammar refuses by name.

/// One word of a filter, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token<'a> {
    /// `metrics.rmse`, `` tags.`a b` ``, `"quoted"`, with its quotes.
    Identifier(&'a str),
    /// `'text'`, with its quotes.
    Text(&'a str),
    /// `1`, `-3`.
    Integer(&'a str),
    /// `0.5`, `.5`, `1e-3`.
    Float(&'a str),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=` and their mistakes (`==`).
    Operator(&'a str),
    /// `( … )`, with both parentheses; without the last one when it is missing.
    List(&'a str),
    /// `;`
    Semicolon,
    /// Anything else, one character.
    Other(&'a str),
}

impl<'a> Token<'a> {
    /// The word as it was written.
    pub(crate) fn source(&self) -> &'a str {
        match self {
            Token::Identifier(s)
            | Token::Text(s)
            | Token::Integer(s)
            | Token::Float(s)
            | Token::Operator(s)
            | Token::List(s)
            | Token::Other(s) => s,
            Token::Semicolon => ";",
        }
    }

    /// Whether this is the bare word `keyword`, in any case.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Token::Identifier(s) if s.eq_ignore_ascii_case(keyword))
    }
}

/// All words of `input`, in order.
pub(crate) fn tokens(input: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = input;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return found;
        };
        let (token, length) = next(rest, first);
        found.push(token);
        rest = &rest[length..];
    }
}

fn next(rest: &str, first: char) -> (Token<'_>, usize) {
    if first == '\'' {
        return match quoted(rest, '\'') {
            Some(n) => (Token::Text(&rest[..n]), n),
            None => (Token::Other(rest), rest.len()),
        };
    }
    if let Some((token, n)) = number(rest) {
        return (token, n);
    }
    if let Some(n) = identifier(rest) {
        return (Token::Identifier(&rest[..n]), n);
    }
    match first {
        '(' => {
            let n = list(rest);
            (Token::List(&rest[..n]), n)
        }
        ';' => (Token::Semicolon, 1),
        '<' | '>' | '=' | '!' | '~' => {
            let n = rest
                .find(|c| !matches!(c, '<' | '>' | '=' | '!' | '~'))
                .unwrap_or(rest.len());
            (Token::Operator(&rest[..n]), n)
        }
        other => (Token::Other(&rest[..other.len_utf8()]), other.len_utf8()),
    }
}

/// The length of a quoted piece at the start of `rest`; a doubled quote or a backslash keeps it open.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && chars.peek().is_some_and(|(_, next)| *next == quote) {
            // An escaped quote, unless it is the last one there is.
            if rest[at + 2..].contains(quote) {
                chars.next();
                continue;
            }
        }
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
                continue;
            }
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// The length of an identifier: words, quoted words and dots.
fn identifier(rest: &str) -> Option<usize> {
    let mut n = 0;
    while let Some(c) = rest[n..].chars().next() {
        let piece = match c {
            '`' | '"' => match rest[n + 1..].find(c) {
                Some(end) => end + 2,
                None => break,
            },
            // A single quote opens a piece only after a dot: tags.'a b'.
            '\'' if n > 0 && rest[..n].ends_with('.') => match rest[n + 1..].find('\'') {
                Some(end) => end + 2,
                None => break,
            },
            '.' if n > 0 => 1,
            c if is_word(c) => c.len_utf8(),
            _ => break,
        };
        n += piece;
    }
    (n > 0).then_some(n)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '@')
}

/// A number at the start of `rest`, if it isn't the start of a word.
fn number(rest: &str) -> Option<(Token<'_>, usize)> {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at - start, at)
    };
    let sign = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let (whole, mut at) = digits(sign);
    let mut float = false;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        let (n, after) = digits(at + 1);
        if whole + n > 0 {
            (fraction, at, float) = (n, after, true);
        }
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let signed = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        let (n, after) = digits(signed);
        if n > 0 {
            (at, float) = (after, true);
        }
    }
    if rest[at..].chars().next().is_some_and(is_word) {
        return None;
    }
    let source = &rest[..at];
    Some((
        if float {
            Token::Float(source)
        } else {
            Token::Integer(source)
        },
        at,
    ))
}

/// The length of a parenthesis, quotes respected; all of `rest` when it never closes.
fn list(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        at += match c {
            '\'' | '"' => quoted(&rest[at..], c).unwrap_or(1),
            other => other.len_utf8(),
        };
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The texts of a list `('a', "b")`; a trailing comma is fine.
pub(crate) fn list_items(source: &str) -> Result<Vec<String>, crate::QueryError> {
    use crate::QueryError::{EmptyList, IllFormedList};
    let inner = source
        .strip_prefix('(')
        .and_then(|s| s.strip_suffix(')'))
        .ok_or(IllFormedList)?;
    let mut items = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let quote = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '\'' | '"'))
            .ok_or(IllFormedList)?;
        let n = quoted(rest, quote).ok_or(IllFormedList)?;
        let text = &rest[1..n - 1];
        items.push(text.replace(&format!("\\{quote}"), &quote.to_string()));
        rest = rest[n..].trim_start();
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(',').ok_or(IllFormedList)?.trim_start();
    }
    if items.is_empty() {
        Err(EmptyList)
    } else {
        Ok(items)
    }
}
