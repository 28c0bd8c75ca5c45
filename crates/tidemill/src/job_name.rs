//! A name for a job that was given none: two words and ten characters, as Azure ML makes them.

const ADJECTIVES: &[&str] = &[
    "amber", "bold", "brave", "bright", "brisk", "calm", "clever", "cool", "coral", "crisp", "dapper",
    "deft", "eager", "fair", "fleet", "frank", "gentle", "glad", "golden", "good", "great", "green", "happy",
    "hardy", "honest", "icy", "jolly", "keen", "kind", "lively", "loyal", "lucid", "lunar", "mellow",
    "merry", "mighty", "mild", "neat", "nimble", "noble", "olive", "patient", "plucky", "polite", "proud",
    "quick", "quiet", "ready", "rosy", "ruby", "sandy", "serene", "sharp", "silent", "silver", "sleepy",
    "smart", "solid", "steady", "stoic", "sunny", "swift", "tidy", "tough", "upbeat", "vivid", "warm",
    "wise", "witty", "zesty",
];
const NOUNS: &[&str] = &[
    "anchor", "apple", "arrow", "basin", "bay", "beach", "bear", "bell", "boat", "brook", "buoy", "canal",
    "cape", "cherry", "cliff", "cloud", "coast", "coral", "cove", "crane", "current", "delta", "dolphin",
    "drift", "dune", "eagle", "falcon", "fjord", "garden", "gull", "harbor", "heron", "island", "kelp",
    "lagoon", "lake", "lamp", "leaf", "lemon", "marsh", "meadow", "mill", "moon", "oyster", "parrot",
    "pearl", "pebble", "pier", "plum", "pond", "reef", "ribbon", "river", "sail", "sand", "shell", "shore",
    "sky", "sluice", "spray", "star", "stone", "stream", "surf", "tide", "tower", "valley", "wave", "wharf",
    "wheel",
];
const CHARACTERS: &[u8] = b"0123456789bcdfghjklmnpqrstvwxyz";
const LENGTH: usize = 10;

/// A name, made of random numbers. The same numbers make the same name.
pub fn make(mut random: impl FnMut() -> u32) -> String {
    let mut pick = |count: usize| random() as usize % count;
    let (adjective, noun) = (ADJECTIVES[pick(ADJECTIVES.len())], NOUNS[pick(NOUNS.len())]);
    let tail: String = (0..LENGTH)
        .map(|_| char::from(CHARACTERS[pick(CHARACTERS.len())]))
        .collect();
    format!("{adjective}_{noun}_{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_words_and_ten_characters() {
        let mut next = 0;
        let name = make(|| {
            next += 7;
            next
        });
        assert_eq!(name, "cool_cliff_px4clt18hq");
        assert_ne!(make(rand::random), make(rand::random));
    }
}
