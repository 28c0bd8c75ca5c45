//! Triton's classification extension: of an output, the largest values with their places, as texts `VALUE:PLACE`.

use super::{DataType, Problem, Served, Tensor, push_text};

/// How many classes are wanted of an output, by its name.
pub(crate) type Classes = Vec<(String, u64)>;

/// Puts classes in the place of the outputs that they are wanted of.
pub(crate) fn classify(
    model: &Served,
    outputs: &mut [Tensor],
    wanted: &[(String, u64)],
) -> Result<(), Problem> {
    for (name, most) in wanted {
        if let Some(output) = outputs.iter_mut().find(|output| output.name == *name) {
            *output = classified(output, model.is_batched(), *most)?;
        }
    }
    Ok(())
}

fn classified(output: &Tensor, batched: bool, most: u64) -> Result<Tensor, Problem> {
    let values = values(output).ok_or_else(|| {
        let (name, kind) = (&output.name, output.datatype.name());
        Problem::invalid(format!("output '{name}' is {kind}, which cannot be classified"))
    })?;
    let rows = output.shape.first().filter(|_| batched && output.shape.len() > 1);
    let count = rows.and_then(|rows| usize::try_from(*rows).ok()).unwrap_or(1);
    let row = values.len().checked_div(count).unwrap_or(0);
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(row);
    let mut content = Vec::new();
    for row in values.chunks(row.max(1)) {
        let mut places: Vec<usize> = (0..row.len()).collect();
        places.sort_by(|one, other| row[*other].0.total_cmp(&row[*one].0));
        for place in places.into_iter().take(most) {
            push_text(&mut content, format!("{}:{place}", row[place].1).as_bytes());
        }
    }
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let shape = match rows {
        Some(rows) => vec![*rows, size(most)],
        None => vec![size(most)],
    };
    Ok(Tensor {
        name: output.name.clone(),
        datatype: DataType::Bytes,
        shape,
        content: content.into(),
    })
}

/// Each element as a number to compare by, and as it is written; none for what is no number.
fn values(output: &Tensor) -> Option<Vec<(f64, String)>> {
    fn each<const N: usize>(content: &[u8], of: impl Fn([u8; N]) -> (f64, String)) -> Vec<(f64, String)> {
        let elements = content.as_chunks::<N>().0;
        elements.iter().map(|element| of(*element)).collect()
    }
    #[expect(clippy::cast_precision_loss, reason = "it is for their order alone")]
    fn whole(value: i64) -> (f64, String) {
        (value as f64, value.to_string())
    }
    let real = |value: f64| (value, format!("{value:.6}"));
    let content = &output.content[..];
    Some(match output.datatype {
        DataType::Uint8 => each(content, |[byte]: [u8; 1]| whole(byte.into())),
        DataType::Uint16 => each(content, |bytes| whole(u16::from_le_bytes(bytes).into())),
        DataType::Uint32 => each(content, |bytes| whole(u32::from_le_bytes(bytes).into())),
        DataType::Int8 => each(content, |bytes| whole(i8::from_le_bytes(bytes).into())),
        DataType::Int16 => each(content, |bytes| whole(i16::from_le_bytes(bytes).into())),
        DataType::Int32 => each(content, |bytes| whole(i32::from_le_bytes(bytes).into())),
        DataType::Int64 => each(content, |bytes| whole(i64::from_le_bytes(bytes))),
        DataType::Fp16 => each(content, |bytes| real(half::f16::from_le_bytes(bytes).into())),
        DataType::Bf16 => each(content, |bytes| real(half::bf16::from_le_bytes(bytes).into())),
        DataType::Fp32 => each(content, |bytes| real(f32::from_le_bytes(bytes).into())),
        DataType::Fp64 => each(content, |bytes| real(f64::from_le_bytes(bytes))),
        DataType::Bool | DataType::Uint64 | DataType::Bytes => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_values_of_each_row_come_first_with_their_places() {
        let output = Tensor {
            name: "p".into(),
            datatype: DataType::Fp32,
            shape: vec![2, 3],
            content: [0.1_f32, 0.7, 0.2, 0.5, 0.25, 0.25]
                .into_iter()
                .flat_map(f32::to_le_bytes)
                .collect(),
        };
        let told = classified(&output, true, 2).expect("numbers");
        assert_eq!((told.datatype, &told.shape[..]), (DataType::Bytes, &[2, 2][..]));
        let texts: [&[u8]; 4] = [b"0.700000:1", b"0.200000:2", b"0.500000:0", b"0.250000:1"];
        assert_eq!(told.texts(), texts);
        let told = classified(&output, false, 9).expect("numbers");
        assert_eq!((&told.shape[..], told.texts()[0]), (&[6][..], &b"0.700000:1"[..]));
        let texts = Tensor {
            datatype: DataType::Bytes,
            content: Vec::new().into(),
            ..output
        };
        assert!(classified(&texts, true, 1).is_err());
    }
}
