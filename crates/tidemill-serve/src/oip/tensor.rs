//! Tensors: a type, a shape, and their elements as bytes, little endian; texts with a length of four bytes before each.

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Problem;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataType {
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Bf16,
    Fp32,
    Fp64,
    Bytes,
}

/// Every type by its name.
const NAMES: &[(DataType, &str)] = &[
    (DataType::Bool, "BOOL"),
    (DataType::Uint8, "UINT8"),
    (DataType::Uint16, "UINT16"),
    (DataType::Uint32, "UINT32"),
    (DataType::Uint64, "UINT64"),
    (DataType::Int8, "INT8"),
    (DataType::Int16, "INT16"),
    (DataType::Int32, "INT32"),
    (DataType::Int64, "INT64"),
    (DataType::Fp16, "FP16"),
    (DataType::Bf16, "BF16"),
    (DataType::Fp32, "FP32"),
    (DataType::Fp64, "FP64"),
    (DataType::Bytes, "BYTES"),
];

impl DataType {
    pub(crate) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(known, _)| *known == self)
            .map_or("BYTES", |(_, name)| name)
    }

    pub(crate) fn parse(name: &str) -> Result<Self, Problem> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found
            .map(|(kind, _)| *kind)
            .ok_or_else(|| Problem::invalid(format!("{name} is no datatype")))
    }

    /// Bytes of an element; none for texts.
    pub(crate) fn size(self) -> Option<usize> {
        Some(match self {
            Self::Bool | Self::Uint8 | Self::Int8 => 1,
            Self::Uint16 | Self::Int16 | Self::Fp16 | Self::Bf16 => 2,
            Self::Uint32 | Self::Int32 | Self::Fp32 => 4,
            Self::Uint64 | Self::Int64 | Self::Fp64 => 8,
            Self::Bytes => return None,
        })
    }
}

/// What a model says of an input or output; -1 is any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) datatype: DataType,
    pub(crate) shape: Vec<i64>,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) datatype: DataType,
    pub(crate) shape: Vec<i64>,
    pub(crate) content: Bytes,
}

impl Tensor {
    /// A tensor whose bytes are as many as its shape says.
    pub(crate) fn new(
        name: String,
        datatype: DataType,
        shape: Vec<i64>,
        content: Bytes,
    ) -> Result<Self, Problem> {
        let elements = elements(&name, &shape)?;
        let found = match datatype.size() {
            Some(size) if !content.len().is_multiple_of(size) => {
                let (length, name_of) = (content.len(), datatype.name());
                let message =
                    format!("input '{name}' has {length} bytes, which are no whole number of {name_of}");
                return Err(Problem::invalid(message));
            }
            Some(size) => content.len() / size,
            None => texts(&content)
                .ok_or_else(|| {
                    Problem::invalid(format!("input '{name}' is cut short: its last text is not whole"))
                })?
                .len(),
        };
        if found != elements {
            let message =
                format!("input '{name}' has {found} elements, but its shape {shape:?} has {elements}");
            return Err(Problem::invalid(message));
        }
        Ok(Self {
            name,
            datatype,
            shape,
            content,
        })
    }

    /// The elements of a BYTES tensor.
    pub(crate) fn texts(&self) -> Vec<&[u8]> {
        texts(&self.content).unwrap_or_default()
    }
}

/// How many elements a shape has.
fn elements(name: &str, shape: &[i64]) -> Result<usize, Problem> {
    let wrong = || Problem::invalid(format!("input '{name}' has the shape {shape:?}, which cannot be"));
    shape.iter().try_fold(1_usize, |count, size| {
        let size = usize::try_from(*size).map_err(|_| wrong())?;
        count.checked_mul(size).ok_or_else(wrong)
    })
}

fn texts(content: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (text, after) = after.split_at_checked(length)?;
        found.push(text);
        rest = after;
    }
    Some(found)
}

/// Adds a text with its length.
pub(crate) fn push_text(content: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    content.extend_from_slice(&length.to_le_bytes());
    content.extend_from_slice(text);
}

/// Reads elements from JSON: a list, or lists in lists in the tensor's order.
pub(crate) fn from_json(name: &str, datatype: DataType, data: &RawValue) -> Result<Bytes, Problem> {
    let mut content = Vec::new();
    let flat = Flat {
        datatype,
        content: &mut content,
    };
    let mut reader = serde_json::Deserializer::from_str(data.get());
    flat.deserialize(&mut reader).map_err(|error| {
        Problem::invalid(format!(
            "input '{name}' cannot be read as {}: {error}",
            datatype.name()
        ))
    })?;
    Ok(content.into())
}

struct Flat<'a> {
    datatype: DataType,
    content: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Flat<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Flat<'_> {
    type Value = ();

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "elements of {}", self.datatype.name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { datatype, content } = self;
        while items
            .next_element_seed(Flat {
                datatype,
                content: &mut *content,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        if self.datatype != DataType::Bool {
            return Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self));
        }
        self.content.push(u8::from(value));
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        if self.datatype != DataType::Bytes {
            return Err(E::invalid_type(serde::de::Unexpected::Str(value), &self));
        }
        push_text(self.content, value.as_bytes());
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.whole(i128::from(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.whole(i128::from(value))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the tensor has this precision")]
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        match self.datatype {
            DataType::Fp32 => self.content.extend_from_slice(&(value as f32).to_le_bytes()),
            DataType::Fp64 => self.content.extend_from_slice(&value.to_le_bytes()),
            // Clients write whole numbers as 1.0, too.
            _ if value.fract() == 0.0 && value.abs() < 1e15 => return self.whole(value as i128),
            _ => return Err(E::invalid_type(serde::de::Unexpected::Float(value), &self)),
        }
        Ok(())
    }
}

impl Flat<'_> {
    #[expect(clippy::cast_precision_loss, reason = "the tensor has this precision")]
    fn whole<E: serde::de::Error>(self, value: i128) -> Result<(), E> {
        fn fits<T: TryFrom<i128>, E: serde::de::Error>(value: i128) -> Result<T, E> {
            T::try_from(value).map_err(|_| E::custom(format_args!("{value} is out of range")))
        }
        let content = self.content;
        match self.datatype {
            DataType::Bool if value == 0 || value == 1 => content.push(u8::from(value == 1)),
            DataType::Uint8 => content.extend_from_slice(&fits::<u8, E>(value)?.to_le_bytes()),
            DataType::Uint16 => content.extend_from_slice(&fits::<u16, E>(value)?.to_le_bytes()),
            DataType::Uint32 => content.extend_from_slice(&fits::<u32, E>(value)?.to_le_bytes()),
            DataType::Uint64 => content.extend_from_slice(&fits::<u64, E>(value)?.to_le_bytes()),
            DataType::Int8 => content.extend_from_slice(&fits::<i8, E>(value)?.to_le_bytes()),
            DataType::Int16 => content.extend_from_slice(&fits::<i16, E>(value)?.to_le_bytes()),
            DataType::Int32 => content.extend_from_slice(&fits::<i32, E>(value)?.to_le_bytes()),
            DataType::Int64 => content.extend_from_slice(&fits::<i64, E>(value)?.to_le_bytes()),
            DataType::Fp32 => content.extend_from_slice(&(value as f32).to_le_bytes()),
            DataType::Fp64 => content.extend_from_slice(&(value as f64).to_le_bytes()),
            DataType::Fp16 | DataType::Bf16 => {
                return Err(E::custom("it has no form in JSON; send it as a binary tensor"));
            }
            DataType::Bool | DataType::Bytes => {
                return Err(E::custom(format_args!("{value} is of another type")));
            }
        }
        Ok(())
    }
}

/// Writes elements as a JSON list. Numbers that JSON has not got are `null`.
pub(crate) fn to_json(tensor: &Tensor, out: &mut Vec<u8>) -> Result<(), Problem> {
    fn each<const N: usize, T: serde::Serialize>(
        content: &[u8],
        out: &mut Vec<u8>,
        of: impl Fn([u8; N]) -> T,
    ) {
        for (place, element) in content.as_chunks::<N>().0.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            // Writing a number to memory does not fail.
            let _ = serde_json::to_writer(&mut *out, &of(*element));
        }
    }
    out.push(b'[');
    let content = &tensor.content[..];
    match tensor.datatype {
        DataType::Bool => each(content, out, |[byte]: [u8; 1]| byte != 0),
        DataType::Uint8 => each(content, out, u8::from_le_bytes),
        DataType::Uint16 => each(content, out, u16::from_le_bytes),
        DataType::Uint32 => each(content, out, u32::from_le_bytes),
        DataType::Uint64 => each(content, out, u64::from_le_bytes),
        DataType::Int8 => each(content, out, i8::from_le_bytes),
        DataType::Int16 => each(content, out, i16::from_le_bytes),
        DataType::Int32 => each(content, out, i32::from_le_bytes),
        DataType::Int64 => each(content, out, i64::from_le_bytes),
        DataType::Fp32 => each(content, out, f32::from_le_bytes),
        DataType::Fp64 => each(content, out, f64::from_le_bytes),
        DataType::Fp16 | DataType::Bf16 => {
            let (name, kind) = (&tensor.name, tensor.datatype.name());
            return Err(Problem::invalid(format!(
                "output '{name}' is {kind}, which has no form in JSON; ask for it as a binary tensor"
            )));
        }
        DataType::Bytes => {
            for (place, text) in tensor.texts().into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                let text = std::str::from_utf8(text).map_err(|_| {
                    let name = &tensor.name;
                    Problem::invalid(format!(
                        "output '{name}' holds bytes that are no text; ask for it as a binary tensor"
                    ))
                })?;
                let _ = serde_json::to_writer(&mut *out, text);
            }
        }
    }
    out.push(b']');
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(datatype: DataType, json: &str) -> Result<Bytes, Problem> {
        let raw: &RawValue = serde_json::from_str(json).expect("JSON");
        from_json("x", datatype, raw)
    }

    #[test]
    fn lists_in_lists_are_flat_and_of_one_type() {
        assert_eq!(
            &read(DataType::Int16, "[[1,2],[3,-4]]").expect("reads")[..],
            [1, 0, 2, 0, 3, 0, 0xfc, 0xff]
        );
        assert_eq!(&read(DataType::Bool, "[true,0]").expect("reads")[..], [1, 0]);
        assert_eq!(
            &read(DataType::Bytes, "[\"ab\"]").expect("reads")[..],
            [2, 0, 0, 0, b'a', b'b']
        );
        for (datatype, json) in [
            (DataType::Uint8, "[256]"),
            (DataType::Uint8, "[-1]"),
            (DataType::Int32, "[1.5]"),
            (DataType::Fp32, "[\"1\"]"),
            (DataType::Fp32, "[null]"),
            (DataType::Fp32, "{}"),
            (DataType::Bytes, "[1]"),
            (DataType::Bool, "[2]"),
            (DataType::Fp16, "[1]"),
        ] {
            assert!(read(datatype, json).is_err(), "{datatype:?} {json}");
        }
    }

    #[test]
    fn shapes_and_bytes_agree() {
        let made = |datatype, shape: &[i64], bytes: &'static [u8]| {
            Tensor::new("x".into(), datatype, shape.to_vec(), Bytes::from_static(bytes))
        };
        assert!(made(DataType::Fp32, &[1, 2], &[0; 8]).is_ok());
        assert!(made(DataType::Fp32, &[], &[0; 4]).is_ok());
        assert!(made(DataType::Fp32, &[0], &[]).is_ok());
        assert!(made(DataType::Fp32, &[2], &[0; 7]).is_err());
        assert!(made(DataType::Fp32, &[3], &[0; 8]).is_err());
        assert!(made(DataType::Fp32, &[-1], &[0; 4]).is_err());
        assert!(made(DataType::Fp32, &[i64::MAX, i64::MAX], &[]).is_err());
        assert!(made(DataType::Bytes, &[1], &[9, 0, 0, 0, 1]).is_err());
    }

    proptest! {
        #[test]
        fn json_there_and_back_keeps_every_bit(values in proptest::collection::vec(any::<f64>().prop_filter("finite", |value| value.is_finite()), 0..20)) {
            let json = serde_json::to_string(&values).expect("JSON");
            let content = read(DataType::Fp64, &json).expect("reads");
            let shape = vec![i64::try_from(values.len()).expect("few")];
            let tensor = Tensor::new("x".into(), DataType::Fp64, shape, content).expect("agrees");
            let mut out = Vec::new();
            to_json(&tensor, &mut out).expect("writes");
            let back: Vec<f64> = serde_json::from_slice(&out).expect("JSON");
            prop_assert_eq!(back, values);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = texts(&bytes);
        }
    }
}
