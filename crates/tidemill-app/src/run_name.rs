//! Names for runs and models that nobody named: `calm-heron-412`.

use crate::Clock;

const ADJECTIVES: &[&str] = &[
    "able", "amber", "brave", "bright", "calm", "clean", "clever", "cool", "crisp", "dapper", "deep",
    "eager", "fair", "fine", "fleet", "gentle", "glad", "grand", "handy", "keen", "kind", "light", "lively",
    "loud", "lucky", "mellow", "merry", "neat", "noble", "open", "plain", "polite", "proud", "quick",
    "quiet", "rapid", "rare", "ready", "rich", "rustic", "sharp", "shiny", "silent", "sleek", "smart",
    "smooth", "solid", "sound", "still", "stout", "sunny", "swift", "tidy", "true", "upbeat", "vivid",
    "warm", "wise", "witty", "young",
];

const NOUNS: &[&str] = &[
    "auk", "badger", "bass", "bee", "bison", "boar", "carp", "cod", "colt", "coot", "crab", "crane", "crow",
    "deer", "dove", "duck", "eel", "elk", "falcon", "finch", "fish", "fowl", "fox", "frog", "goat", "goose",
    "grouse", "gull", "hare", "hawk", "heron", "horse", "ibex", "jay", "kite", "koi", "lark", "loon", "lynx",
    "mole", "moose", "moth", "newt", "otter", "owl", "perch", "pike", "rail", "ram", "rook", "seal", "shrew",
    "skate", "smelt", "snipe", "squid", "stag", "swan", "tern", "toad", "trout", "vole", "whale", "wren",
];

/// An adjective, an animal and a number.
pub(crate) fn generate(clock: &dyn Clock) -> String {
    let random = clock.secret();
    let pick = |at: usize| usize::from(u16::from_le_bytes([random[at], random[at + 1]]));
    let (adjective, noun) = (
        ADJECTIVES[pick(0) % ADJECTIVES.len()],
        NOUNS[pick(2) % NOUNS.len()],
    );
    format!("{adjective}-{noun}-{}", pick(4) % 1000)
}

/// 32 hex digits of a random UUID (version 4).
pub(crate) fn uuid_hex(clock: &dyn Clock) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&clock.secret()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
