//! The key of the server: it signs links and messages, and opens what was sealed before there was a vault.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// The key, from `keys/seal.key` of the data folder.
pub struct Seal {
    aead: LessSafeKey,
    links: hmac::Key,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(***)")
    }
}

impl Seal {
    /// Reads the key; the first start makes it of `random`.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is no key.
    pub(crate) fn open(path: &Path, random: [u8; 32]) -> std::io::Result<Self> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut file = std::fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)?;
                file.write_all(&random)?;
                file.sync_all()?;
                random.to_vec()
            }
            Err(error) => return Err(error),
        };
        let wrong = || {
            std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!(
                    "{} does not hold a key of 32 bytes; restore it from a backup",
                    path.display()
                ),
            )
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| wrong())?;
        let links = hmac::Key::new(
            hmac::HMAC_SHA256,
            &blake3::derive_key("tidemill links v1", &bytes),
        );
        Ok(Self {
            aead: LessSafeKey::new(key),
            links,
        })
    }

    /// Seals a text, as servers of before the vault did; `random` must not have been used before.
    #[cfg(test)]
    pub(crate) fn seal(&self, text: &str, random: [u8; 32]) -> String {
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&random[..NONCE_LEN]);
        let mut bytes = text.as_bytes().to_vec();
        self.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
            .expect("a text is shorter than 256 GB");
        STANDARD.encode([&nonce[..], &bytes].concat())
    }

    /// Opens what this key sealed.
    pub(crate) fn unseal(&self, sealed: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let text = self.aead.open_in_place(nonce, Aad::empty(), &mut rest).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    /// Signs a link: hex.
    pub(crate) fn sign(&self, link: &str) -> String {
        let tag = hmac::sign(&self.links, link.as_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether this key signed a link.
    pub(crate) fn signed(&self, link: &str, signature: &str) -> bool {
        let bytes: Option<Vec<u8>> = (0..signature.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok())
            .collect();
        bytes.is_some_and(|bytes| hmac::verify(&self.links, link.as_bytes(), &bytes).is_ok())
    }
}

/// Signs a message with a secret that both sides know: base64 of HMAC-SHA256.
pub(crate) fn sign_with(secret: &str, message: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_the_same_key_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str, random| Seal::open(&folder.path().join(name), [random; 32]).expect("a key");
        let (one, other) = (at("a", 1), at("b", 2));
        let sealed = one.seal("secret", [9; 32]);
        assert!(!sealed.contains("secret"));
        assert_eq!(at("a", 3).unseal(&sealed).as_deref(), Some("secret"));
        assert_eq!(other.unseal(&sealed), None);
        assert_eq!(one.unseal("x"), None);
        let signature = one.sign("link");
        assert!(one.signed("link", &signature));
        assert!(
            !one.signed("other", &signature) && !other.signed("link", &signature) && !one.signed("link", "é")
        );
    }

    #[test]
    fn a_message_is_signed_as_clients_check_it() {
        // HMAC-SHA256("key", "The quick brown fox jumps over the lazy dog")
        let signature = sign_with("key", "The quick brown fox jumps over the lazy dog");
        assert_eq!(signature, "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=");
    }
}
