//! Whole numbers of few bytes: LEB128, and zigzag for those with a sign.

/// Writes a number.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes a number that may be negative.
#[expect(clippy::cast_sign_loss, reason = "zigzag takes the bits as they are")]
pub(super) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put(bytes, ((number << 1) ^ (number >> 63)) as u64);
}

/// Writes a text with its length.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

/// Reads from the front; each answer is `None` when the bytes end too early.
pub(super) struct Reader<'b>(pub &'b [u8]);

impl<'b> Reader<'b> {
    pub fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn bytes(&mut self, length: usize) -> Option<&'b [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*front)
    }

    pub fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    #[expect(clippy::cast_possible_wrap, reason = "zigzag takes the bits as they are")]
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub fn text(&mut self) -> Option<&'b str> {
        let length = usize::try_from(self.unsigned()?).ok()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_come_back() {
        let mut bytes = Vec::new();
        for number in [0, -1, 63, -64, 64, i64::MAX, i64::MIN] {
            put_signed(&mut bytes, number);
        }
        put(&mut bytes, u64::MAX);
        put_text(&mut bytes, "loss/é");
        let mut reader = Reader(&bytes);
        for number in [0, -1, 63, -64, 64, i64::MAX, i64::MIN] {
            assert_eq!(reader.signed(), Some(number));
        }
        assert_eq!(reader.unsigned(), Some(u64::MAX));
        assert_eq!((reader.text(), reader.byte()), (Some("loss/é"), None));
        assert_eq!(Reader(&[0xff; 20]).unsigned(), None);
    }
}
