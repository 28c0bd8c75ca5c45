//! The nearest right word.

/// The candidate that is most like `word`, if any is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let room = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&lower, &other);
            let related =
                other.len() >= 4 && lower.len() >= 4 && (other.contains(&lower) || lower.contains(&other));
            (if related { distance.min(room) } else { distance }, candidate)
        })
        .filter(|(distance, _)| *distance <= room)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or else a list of what there is.
pub fn did_you_mean<'a, I>(word: &str, candidates: I, what: &str) -> Option<String>
where
    I: IntoIterator<Item = &'a str> + Clone,
{
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let all = list_words(candidates);
    if all.is_empty() {
        Some(format!("there are no {what}"))
    } else {
        Some(format!("{what}: {all}"))
    }
}

/// "`a`, `b`, `c`", cut after forty.
pub(crate) fn list_words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    let more = words.len().saturating_sub(40);
    words.truncate(40);
    let mut text = words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_no_strangers() {
        let fields = ["inputs", "outputs", "command", "environment_variables"];
        assert_eq!(nearest("inptus", fields), Some("inputs"));
        assert_eq!(nearest("Inputs", fields), Some("inputs"));
        assert_eq!(nearest("environment_vars", fields), Some("environment_variables"));
        assert_eq!(nearest("zebra", fields), None);
    }
}
