//! Texts. Lengths and places count characters as .NET does: in UTF-16 units, which are the same but for rare signs.

use serde_json::Value;

use super::{
    ArmError, MAX_TEXT, Result, arg, as_text, count, int_arg, kind, listed, size_arg, text_arg, told, wrong,
};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "tolower" => one(args, |text| text.to_lowercase()),
        "toupper" => one(args, |text| text.to_uppercase()),
        "trim" => one(args, |text| text.trim().to_owned()),
        "string" => count(args, 1, 1).and_then(|()| told(as_text(arg(args, 0)?))),
        "startswith" => fits(args, |text, part| text.starts_with(part)),
        "endswith" => fits(args, |text, part| text.ends_with(part)),
        "replace" => replace(args),
        "split" => split(args),
        "join" => join(args),
        "substring" => substring(args),
        "padleft" => pad_left(args),
        "format" => format(args),
        "base64" => one(args, |text| encode(text.as_bytes())),
        "base64tostring" => count(args, 1, 1).and_then(|()| told(decoded(text_arg(args, 0)?)?)),
        "base64tojson" => count(args, 1, 1).and_then(|()| json(&decoded(text_arg(args, 0)?)?)),
        "datauri" => one(args, |text| {
            format!("data:text/plain;charset=utf8;base64,{}", encode(text.as_bytes()))
        }),
        "datauritostring" => count(args, 1, 1).and_then(|()| data_uri(text_arg(args, 0)?)),
        "uri" => uri(args),
        "uricomponent" => one(args, component),
        "uricomponenttostring" => count(args, 1, 1).and_then(|()| from_component(text_arg(args, 0)?)),
        _ => return None,
    })
}

fn one(args: &[Value], work: impl FnOnce(&str) -> String) -> Result<Value> {
    count(args, 1, 1)?;
    told(work(text_arg(args, 0)?))
}

/// Whether one text fits another; the case of letters is no difference.
fn fits(args: &[Value], work: fn(&str, &str) -> bool) -> Result<Value> {
    count(args, 2, 2)?;
    let (text, part) = (
        text_arg(args, 0)?.to_lowercase(),
        text_arg(args, 1)?.to_lowercase(),
    );
    Ok(Value::Bool(work(&text, &part)))
}

fn replace(args: &[Value]) -> Result<Value> {
    count(args, 3, 3)?;
    let (text, old, new) = (text_arg(args, 0)?, text_arg(args, 1)?, text_arg(args, 2)?);
    if old.is_empty() {
        return Err(ArmError::new("nothing is to be replaced"));
    }
    // Looked at first: a text may grow by a great deal.
    if text.matches(old).count().saturating_mul(new.len()) > MAX_TEXT {
        return Err(ArmError::new(format!(
            "the result has more than {MAX_TEXT} bytes"
        )));
    }
    told(text.replace(old, new))
}

fn split(args: &[Value]) -> Result<Value> {
    count(args, 2, 2)?;
    let text = text_arg(args, 0)?;
    let delimiters: Vec<&str> = match arg(args, 1)? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        other => return Err(wrong(1, "a text or a list of texts", other)),
    };
    let mut parts = vec![text];
    for delimiter in delimiters.iter().filter(|delimiter| !delimiter.is_empty()) {
        parts = parts.into_iter().flat_map(|part| part.split(delimiter)).collect();
    }
    listed(parts.into_iter().map(Value::from).collect())
}

fn join(args: &[Value]) -> Result<Value> {
    count(args, 2, 2)?;
    let items = arg(args, 0)?
        .as_array()
        .ok_or_else(|| wrong(0, "a list", &args[0]))?;
    let texts: Vec<String> = items.iter().map(as_text).collect();
    told(texts.join(text_arg(args, 1)?))
}

fn substring(args: &[Value]) -> Result<Value> {
    count(args, 2, 3)?;
    let text: Vec<char> = text_arg(args, 0)?.chars().collect();
    let start = size_arg(args, 1)?;
    let length = match args.get(2) {
        Some(_) => size_arg(args, 2)?,
        None => text.len().saturating_sub(start),
    };
    let part = start.checked_add(length).and_then(|end| text.get(start..end));
    let part = part.ok_or_else(|| {
        ArmError::new(format!(
            "a text of {} characters has no {length} from place {start}",
            text.len()
        ))
    })?;
    told(part.iter().collect())
}

fn pad_left(args: &[Value]) -> Result<Value> {
    count(args, 2, 3)?;
    let (text, width) = (as_text(arg(args, 0)?), size_arg(args, 1)?);
    if width > MAX_TEXT {
        return Err(ArmError::new(format!("{width} is too wide")));
    }
    let sign = match args.get(2) {
        Some(_) => text_arg(args, 2)?.chars().next().unwrap_or(' '),
        None => ' ',
    };
    let missing = width.saturating_sub(text.chars().count());
    told(sign.to_string().repeat(missing) + &text)
}

/// `{0}`, `{0,8}` and `{0:D3}`: composite formatting, with the forms `D`, `X`, `N` and `F`.
fn format(args: &[Value]) -> Result<Value> {
    let pattern = text_arg(args, 0)?;
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let sign = &rest[at..=at];
        rest = &rest[at + 1..];
        if rest.starts_with(sign) {
            out.push_str(sign);
            rest = &rest[1..];
            continue;
        }
        let end = rest
            .find('}')
            .filter(|_| sign == "{")
            .ok_or_else(|| ArmError::new("a brace stands alone; write it twice"))?;
        out.push_str(&item(&rest[..end], args)?);
        rest = &rest[end + 1..];
        if out.len() > MAX_TEXT {
            break;
        }
    }
    out.push_str(rest);
    told(out)
}

fn item(inner: &str, args: &[Value]) -> Result<String> {
    let (head, form) = inner
        .split_once(':')
        .map_or((inner, None), |(head, form)| (head, Some(form)));
    let (place, width) = head
        .split_once(',')
        .map_or((head, None), |(place, width)| (place, Some(width)));
    let no = || ArmError::new(format!("`{{{inner}}}` names no argument"));
    let place: usize = place.trim().parse().map_err(|_| no())?;
    let value = args.get(place.checked_add(1).ok_or_else(no)?).ok_or_else(no)?;
    let text = match form {
        None => as_text(value),
        Some(form) => formed(value, form)?,
    };
    let Some(width) = width else { return Ok(text) };
    let width: i64 = width.trim().parse().map_err(|_| no())?;
    if width.unsigned_abs() > 1000 {
        return Err(ArmError::new(format!("`{{{inner}}}` is too wide")));
    }
    let wide = usize::try_from(width.unsigned_abs()).unwrap_or(0);
    Ok(if width < 0 {
        format!("{text:<wide$}")
    } else {
        format!("{text:>wide$}")
    })
}

fn formed(value: &Value, form: &str) -> Result<String> {
    let no = || ArmError::new(format!("the form `{form}` is not known for {}", kind(value)));
    let mut chars = form.chars();
    let letter = chars.next().ok_or_else(no)?.to_ascii_uppercase();
    let digits: Option<usize> = match chars.as_str() {
        "" => None,
        digits => Some(
            digits
                .parse()
                .ok()
                .filter(|digits| *digits <= 30)
                .ok_or_else(no)?,
        ),
    };
    let wide = digits.unwrap_or(0);
    match (letter, value.as_i64(), value.as_f64()) {
        ('D', Some(number), _) if number < 0 => Ok(format!("-{:0>wide$}", number.unsigned_abs())),
        ('D', Some(number), _) => Ok(format!("{number:0>wide$}")),
        ('X', Some(number), _) if form.starts_with('x') => Ok(format!("{number:0>wide$x}")),
        ('X', Some(number), _) => Ok(format!("{number:0>wide$X}")),
        ('F', _, Some(number)) => Ok(format!("{number:.*}", digits.unwrap_or(2))),
        ('N', _, Some(number)) => Ok(grouped(&format!("{number:.*}", digits.unwrap_or(2)))),
        _ => Err(no()),
    }
}

/// `1234567.89` as `1,234,567.89`.
fn grouped(text: &str) -> String {
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648, section 4).
fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .enumerate()
            .fold(0u32, |word, (at, byte)| word | u32::from(*byte) << (16 - 8 * at));
        for place in 0..4 {
            let sign = ALPHABET[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() {
                char::from(sign)
            } else {
                '='
            });
        }
    }
    out
}

fn decoded(text: &str) -> Result<String> {
    let no = || ArmError::new("this is no base64 of a text");
    let digits: Option<Vec<u32>> = text
        .trim()
        .trim_end_matches('=')
        .bytes()
        .map(|byte| {
            ALPHABET
                .iter()
                .position(|sign| *sign == byte)
                .and_then(|at| u32::try_from(at).ok())
        })
        .collect();
    let mut bytes = Vec::new();
    for chunk in digits.ok_or_else(no)?.chunks(4) {
        let word = chunk
            .iter()
            .enumerate()
            .fold(0u32, |word, (at, digit)| word | digit << (18 - 6 * at));
        let all = word.to_be_bytes();
        bytes.extend_from_slice(&all[1..chunk.len().max(1)]);
    }
    String::from_utf8(bytes).map_err(|_| no())
}

fn data_uri(text: &str) -> Result<Value> {
    let no = || ArmError::new("this is no data URI");
    let (head, data) = text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','))
        .ok_or_else(no)?;
    match head.ends_with(";base64") {
        true => told(decoded(data)?),
        false => from_component(data),
    }
}

pub(super) fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| ArmError::new(format!("this is no JSON: {error}")))
}

/// Puts an address and a relative one together.
fn uri(args: &[Value]) -> Result<Value> {
    count(args, 2, 2)?;
    let (base, relative) = (text_arg(args, 0)?, text_arg(args, 1)?);
    if relative.contains("://") {
        return told(relative.to_owned());
    }
    let (scheme, rest) = base
        .split_once("://")
        .ok_or_else(|| ArmError::new("the first text is no address"))?;
    let folder = match rest.rfind('/') {
        Some(at) => &rest[..=at],
        None => rest,
    };
    if let Some(path) = relative.strip_prefix('/') {
        let host = rest.split('/').next().unwrap_or(rest);
        return told(format!("{scheme}://{host}/{path}"));
    }
    let slash = if folder.ends_with('/') { "" } else { "/" };
    told(format!("{scheme}://{folder}{slash}{relative}"))
}

fn component(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn from_component(text: &str) -> Result<Value> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let code = rest.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.ok_or_else(|| ArmError::new("`%` has no two hex digits behind it"))?);
        rest = &rest[2..];
    }
    told(String::from_utf8(bytes).map_err(|_| ArmError::new("it is no text once it is decoded"))?)
}

/// The place of one text in another, in characters; the case of letters is no difference.
pub(super) fn index_of(text: &str, part: &str, last: bool) -> i64 {
    let (text, part) = (text.to_lowercase(), part.to_lowercase());
    let found = if last { text.rfind(&part) } else { text.find(&part) };
    found.map_or(-1, |at| i64::try_from(text[..at].chars().count()).unwrap_or(-1))
}

/// The first characters of a text, or those behind them.
pub(super) fn cut(args: &[Value], text: &str, take: bool) -> Result<Value> {
    let many = usize::try_from(int_arg(args, 1)?.max(0)).unwrap_or(usize::MAX);
    let chars = text.chars();
    told(if take {
        chars.take(many).collect()
    } else {
        chars.skip(many).collect()
    })
}
