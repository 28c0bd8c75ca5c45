//! Secrets in a text: `${{secrets.NAME}}`, found and replaced while all else stays as it is.

/// The names of the secrets that a text names, in order.
///
/// ```
/// assert_eq!(tidemill_spec::expr::secrets("a ${{secrets.A}} ${{ secrets.B-2 }} ${{inputs.x}}"), ["A", "B-2"]);
/// ```
pub fn secrets(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    replace_secrets(text, |name| {
        names.push(name.to_owned());
        String::new()
    });
    names
}

/// The text with each secret replaced by what `value` gives for its name.
///
/// ```
/// let filled = tidemill_spec::expr::replace_secrets("k=${{secrets.A}} $[[${{inputs.x}}]]", |name| name.to_lowercase());
/// assert_eq!(filled, "k=a $[[${{inputs.x}}]]");
/// ```
pub fn replace_secrets(text: &str, mut value: impl FnMut(&str) -> String) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("${{") {
        let (before, expression) = rest.split_at(start);
        out.push_str(before);
        let Some(end) = expression.find("}}") else {
            rest = expression;
            break;
        };
        match expression[3..end].trim().strip_prefix("secrets.") {
            Some(name) => out.push_str(&value(name)),
            None => out.push_str(&expression[..end + 2]),
        }
        rest = &expression[end + 2..];
    }
    out + rest
}
