//! Sealing with XChaCha20-Poly1305: what is sealed for one place does not open at another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Bytes of a nonce. They are random; with 24 of them, two are never the same.
const NONCE: usize = 24;

/// A key of 256 bits. Printing it shows nothing.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.0.zeroize();
    }
}

impl Key {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hex digits, or 32 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes: Vec<u8> = if text.len() == 64 {
            let digits = (0..64)
                .step_by(2)
                .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
            digits.collect::<Option<_>>()?
        } else {
            STANDARD.decode(text).ok()?
        };
        Some(Self(bytes.try_into().ok()?))
    }

    /// The key as 64 hex digits, for its file.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bytes, to be wrapped by another key.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A name for this key that says nothing about it.
    pub fn id(&self) -> String {
        let id = blake3::derive_key("tidemill 2026 name of a master key", &self.0);
        id[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Seals bytes for a place: base64 of the nonce and of what is sealed. `random` must not have been used before.
    pub fn seal(&self, bytes: &[u8], place: &str, random: [u8; 32]) -> String {
        let nonce = &random[..NONCE];
        let payload = Payload {
            msg: bytes,
            aad: place.as_bytes(),
        };
        let sealed = XChaCha20Poly1305::new((&self.0).into())
            .encrypt(XNonce::from_slice(nonce), payload)
            .expect("a secret is shorter than 256 GB");
        STANDARD.encode([nonce, &sealed].concat())
    }

    /// Opens what this key sealed for this place.
    pub fn open(&self, sealed: &str, place: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: rest,
            aad: place.as_bytes(),
        };
        XChaCha20Poly1305::new((&self.0).into())
            .decrypt(XNonce::from_slice(nonce), payload)
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_at_its_place_alone() {
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let sealed = key.seal(b"hunter2", "secret/default/a/1", [9; 32]);
        assert_eq!(
            key.open(&sealed, "secret/default/a/1").as_deref(),
            Some(&b"hunter2"[..])
        );
        assert_eq!(key.open(&sealed, "secret/default/a/2"), None);
        assert_eq!(other.open(&sealed, "secret/default/a/1"), None);
        assert_eq!(key.open("", "secret/default/a/1"), None);
        assert_eq!(key.open(&STANDARD.encode([0; 30]), "x"), None);
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = Key::new([0xa7; 32]);
        for text in [key.hex(), format!("{}\n", key.hex()), STANDARD.encode([0xa7; 32])] {
            assert_eq!(Key::parse(&text).expect("a key").id(), key.id());
        }
        for wrong in ["", "zz", &"g".repeat(64), &STANDARD.encode([1; 31])] {
            assert!(Key::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{key:?}"), "Key(***)");
    }
}
