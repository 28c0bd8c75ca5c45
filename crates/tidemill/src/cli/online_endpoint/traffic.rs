//! Shares of traffic as they are written on the command line: `blue=90 green=10`.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Reads shares; several words are in one argument or in several. A `%` behind a number is allowed.
///
/// # Errors
/// A word that is no `deployment=percent`.
pub(super) fn shares(option: &str, given: &[String]) -> Result<Map<String, Value>> {
    let mut shares = Map::new();
    for word in given
        .iter()
        .flat_map(|text| text.split([' ', ',']))
        .filter(|word| !word.is_empty())
    {
        let pair = word.split_once('=');
        let read =
            pair.and_then(|(name, share)| Some((name, share.trim_end_matches('%').parse::<u32>().ok()?)));
        let Some((name, share)) = read.filter(|(name, _)| !name.is_empty()) else {
            return Err(Error::usage(format!("failed to read `{word}` of {option}"))
                .with_hint(format!("write {option} \"blue=90 green=10\"")));
        };
        shares.insert(name.to_owned(), share.into());
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(given: &[&str]) -> Result<Value> {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        shares("--traffic", &given).map(Value::Object)
    }

    #[test]
    fn shares_are_read_however_they_are_quoted() {
        let both = json!({"blue": 90, "green": 10});
        assert_eq!(read(&["blue=90 green=10"]).expect("reads"), both);
        assert_eq!(read(&["blue=90", "green=10%"]).expect("reads"), both);
        assert_eq!(read(&[""]).expect("nothing"), json!({}));
        for wrong in ["blue", "blue=", "=5", "blue=most", "blue=-1"] {
            assert!(read(&[wrong]).is_err(), "{wrong}");
        }
    }
}
