//! Reads the protobuf encoding: only the fields that a trace is made of; what is unknown is skipped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{Attributes, Event, Link, OtlpError, ResourceSpans, Span, float};

type Result<T> = std::result::Result<T, OtlpError>;

/// How deep values may lie in each other.
const DEEPEST: usize = 64;

/// Reads an `ExportTraceServiceRequest`.
///
/// # Errors
/// When the bytes are not one.
pub fn from_proto(bytes: &[u8]) -> Result<Vec<ResourceSpans>> {
    let mut found = Vec::new();
    each(bytes, |number, field| {
        if number == 1 {
            found.push(resource_spans(field.bytes()?)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The content of one field.
#[derive(Clone, Copy)]
enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            _ => Err(OtlpError("a field has another type")),
        }
    }

    fn text(self) -> Result<String> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| OtlpError("a text is not UTF-8"))?;
        Ok(text.to_owned())
    }

    fn number(self) -> Result<u64> {
        match self {
            Field::Varint(n) | Field::Fixed64(n) => Ok(n),
            _ => Err(OtlpError("a field has another type")),
        }
    }
}

/// Calls `take` with every field of a message.
fn each<'a>(mut rest: &'a [u8], mut take: impl FnMut(u64, Field<'a>) -> Result<()>) -> Result<()> {
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let field = match tag & 7 {
            0 => Field::Varint(varint(&mut rest)?),
            1 => {
                let bytes = cut(&mut rest, 8)?;
                Field::Fixed64(u64::from_le_bytes(
                    bytes.try_into().expect("eight bytes were cut"),
                ))
            }
            2 => {
                let length = usize::try_from(varint(&mut rest)?).map_err(|_| OtlpError("it is cut off"))?;
                Field::Bytes(cut(&mut rest, length)?)
            }
            5 => {
                cut(&mut rest, 4)?;
                Field::Fixed32
            }
            _ => return Err(OtlpError("it is no protobuf message")),
        };
        if tag >> 3 == 0 {
            return Err(OtlpError("it is no protobuf message"));
        }
        take(tag >> 3, field)?;
    }
    Ok(())
}

fn varint(rest: &mut &[u8]) -> Result<u64> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let (first, after) = rest.split_first().ok_or(OtlpError("it is cut off"))?;
        *rest = after;
        if shift < 64 {
            value |= u64::from(first & 0x7f) << shift;
        }
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(OtlpError("it is no protobuf message"))
}

fn cut<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    if rest.len() < length {
        return Err(OtlpError("it is cut off"));
    }
    let (piece, after) = rest.split_at(length);
    *rest = after;
    Ok(piece)
}

fn resource_spans(bytes: &[u8]) -> Result<ResourceSpans> {
    let mut found = ResourceSpans::default();
    each(bytes, |number, field| {
        match number {
            1 => each(field.bytes()?, |number, field| {
                pair_at(1, number, field, &mut found.attributes)
            })?,
            2 => each(field.bytes()?, |number, field| {
                if number == 2 {
                    found.spans.push(span(field.bytes()?)?);
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

fn span(bytes: &[u8]) -> Result<Span> {
    let mut span = Span::default();
    each(bytes, |number, field| {
        match number {
            1 => span.trace_id = field.bytes()?.to_vec(),
            2 => span.span_id = field.bytes()?.to_vec(),
            4 => span.parent_span_id = field.bytes()?.to_vec(),
            5 => span.name = field.text()?,
            6 => span.kind = field.number()?.cast_signed(),
            7 => span.start_time_ns = field.number()?,
            8 => span.end_time_ns = field.number()?,
            9 => span.attributes.push(pair(field.bytes()?, 0)?),
            11 => {
                let mut event = Event::default();
                each(field.bytes()?, |number, field| {
                    match number {
                        1 => event.time_ns = field.number()?,
                        2 => event.name = field.text()?,
                        _ => pair_at(3, number, field, &mut event.attributes)?,
                    }
                    Ok(())
                })?;
                span.events.push(event);
            }
            13 => {
                let mut link = Link::default();
                each(field.bytes()?, |number, field| {
                    match number {
                        1 => link.trace_id = field.bytes()?.to_vec(),
                        2 => link.span_id = field.bytes()?.to_vec(),
                        _ => pair_at(4, number, field, &mut link.attributes)?,
                    }
                    Ok(())
                })?;
                span.links.push(link);
            }
            15 => each(field.bytes()?, |number, field| {
                match number {
                    2 => span.status_message = field.text()?,
                    3 => span.status_code = field.number()?.cast_signed(),
                    _ => {}
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(span)
}

fn pair_at(wanted: u64, number: u64, field: Field<'_>, into: &mut Attributes) -> Result<()> {
    if number == wanted {
        into.push(pair(field.bytes()?, 0)?);
    }
    Ok(())
}

fn pair(bytes: &[u8], depth: usize) -> Result<(String, Value)> {
    let mut found = (String::new(), Value::Null);
    each(bytes, |number, field| {
        match number {
            1 => found.0 = field.text()?,
            2 => found.1 = any(field.bytes()?, depth)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

fn any(bytes: &[u8], depth: usize) -> Result<Value> {
    if depth > DEEPEST {
        return Err(OtlpError("its values lie too deep in each other"));
    }
    let mut value = Value::Null;
    each(bytes, |number, field| {
        match number {
            1 => value = Value::from(field.text()?),
            2 => value = Value::from(field.number()? != 0),
            3 => value = Value::from(field.number()?.cast_signed()),
            4 => value = float(f64::from_bits(field.number()?)),
            5 => {
                let mut items = Vec::new();
                each(field.bytes()?, |number, field| {
                    if number == 1 {
                        items.push(any(field.bytes()?, depth + 1)?);
                    }
                    Ok(())
                })?;
                value = Value::Array(items);
            }
            6 => {
                let mut items = Map::new();
                each(field.bytes()?, |number, field| {
                    if number == 1 {
                        let (key, value) = pair(field.bytes()?, depth + 1)?;
                        items.insert(key, value);
                    }
                    Ok(())
                })?;
                value = Value::Object(items);
            }
            7 => value = Value::from(STANDARD.encode(field.bytes()?)),
            _ => {}
        }
        Ok(())
    })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("short");
        [&[number << 3 | 2, length], content].concat()
    }

    #[test]
    fn reads_a_span_with_its_attributes() {
        let attribute = [message(1, b"k"), message(2, &message(1, b"v"))].concat();
        let mut start = vec![7 << 3 | 1];
        start.extend(5_u64.to_le_bytes());
        let body = [
            message(1, &[1; 16]),
            message(2, &[2; 8]),
            message(5, b"root"),
            start,
            message(9, &attribute),
            message(15, &[3 << 3, 1]),
        ]
        .concat();
        let request = message(1, &message(2, &message(2, &body)));
        let found = from_proto(&request).expect("it is an export");
        let span = &found[0].spans[0];
        assert_eq!(
            (span.name.as_str(), span.start_time_ns, span.status_code),
            ("root", 5, 1)
        );
        assert_eq!(span.attributes, [("k".to_owned(), Value::from("v"))]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            drop(from_proto(&bytes));
        }
    }
}
