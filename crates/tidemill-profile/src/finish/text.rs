//! Texts: the words of a sample.

use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;
use vader_sentimental::SentimentIntensityAnalyzer;

use super::stop_words::STOP_WORDS;
use crate::profile::TextProfile;
use crate::state::Texts;

/// Texts of fewer words that begin with a letter have no language that could be told.
const SPOKEN: usize = 5;

static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let patterns = [
        ("email", r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
        ("url", r"^[a-z][a-z0-9+.-]{1,20}://[^\s]+$"),
        ("uuid", r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"),
        (
            "phone",
            r"^(\+\d{1,3}[ .-]?(\(\d{1,4}\)[ .-]?)?|\(\d{1,5}\)[ .-]?|0\d{1,4}[ ./-])\d{2,8}([ .-]\d{2,8}){0,4}$|^\d{3}[ .-]\d{3}[ .-]\d{4}$",
        ),
        ("number", r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"),
        (
            "date",
            r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}$",
        ),
    ];
    patterns
        .into_iter()
        .filter_map(|(name, pattern)| Some((name, Regex::new(pattern).ok()?)))
        .collect()
});

pub(super) fn finish(texts: &Texts) -> TextProfile {
    let sample: Vec<&str> = texts.sample.values().map(|text| &**text).collect();
    let count = sample.len().max(1) as f64;
    let (mut words, mut letters, mut stops) = (0u64, 0u64, 0u64);
    for word in sample.iter().flat_map(|text| self::words(text)) {
        words += 1;
        letters += word.chars().count() as u64;
        stops += u64::from(STOP_WORDS.binary_search(&word.to_lowercase().as_str()).is_ok());
    }
    let (languages, sentiment) = languages(&sample);
    let matching =
        |pattern: &Regex| sample.iter().filter(|text| pattern.is_match(text)).count() as f64 / count;
    TextProfile {
        empty: texts.empty,
        blank: texts.blank,
        sample: sample.len() as u64,
        words: words as f64 / count,
        word_length: letters as f64 / words.max(1) as f64,
        stop_words: stops as f64 / words.max(1) as f64,
        characters: characters(&sample),
        patterns: PATTERNS
            .iter()
            .map(|(name, pattern)| ((*name).to_owned(), matching(pattern)))
            .filter(|(_, share)| *share > 0.0)
            .collect(),
        languages,
        sentiment,
    }
}

/// Runs of letters, digits and apostrophes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’');
    parts
        .map(|word| word.trim_matches(['\'', '’']))
        .filter(|word| !word.is_empty())
}

fn characters(sample: &[&str]) -> IndexMap<String, f64> {
    let mut counts = [0u64; 5];
    for letter in sample.iter().flat_map(|text| text.chars()) {
        let class = match letter {
            _ if letter.is_alphabetic() => 0,
            _ if letter.is_numeric() => 1,
            _ if letter.is_whitespace() => 2,
            _ if letter.is_ascii_punctuation() || ('\u{2010}'..='\u{205E}').contains(&letter) => 3,
            _ => 4,
        };
        counts[class] += 1;
    }
    let all = counts.iter().sum::<u64>().max(1) as f64;
    let names = ["letters", "digits", "blanks", "punctuation", "other"];
    names
        .into_iter()
        .map(str::to_owned)
        .zip(counts.map(|count| count as f64 / all))
        .collect()
}

/// Shares by language, and the mean sentiment of English.
fn languages(sample: &[&str]) -> (IndexMap<String, f64>, Option<f64>) {
    // Dates and codes are no language.
    let spoken = sample.iter().filter(|text| {
        let mut spelled = words(text).filter(|word| word.starts_with(char::is_alphabetic));
        spelled.nth(SPOKEN - 1).is_some()
    });
    let told: Vec<(&str, &'static str)> = spoken
        .filter_map(|text| {
            whatlang::detect(text)
                .filter(whatlang::Info::is_reliable)
                .map(|found| (*text, found.lang().code()))
        })
        .collect();
    let mut shares: IndexMap<String, f64> = IndexMap::new();
    for (_, language) in &told {
        *shares.entry((*language).to_owned()).or_default() += 1.0 / told.len() as f64;
    }
    shares.sort_by(|a, left, b, right| right.total_cmp(left).then_with(|| a.cmp(b)));
    let analyzer = LazyLock::new(SentimentIntensityAnalyzer::new);
    let scores: Vec<f64> = told
        .iter()
        .filter(|(_, language)| *language == "eng")
        .map(|(text, _)| analyzer.polarity_scores(text).compound)
        .collect();
    let mean = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
    (shares, mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_for_the_search() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn patterns_and_words_are_found() {
        let mut texts = Texts::default();
        let all = [
            "ann@example.org",
            "https://a.org/x",
            "123e4567-e89b-12d3-a456-426614174000",
            "+49 30 901820",
            "The film is a joy to watch",
        ];
        for (at, text) in all.iter().enumerate() {
            texts.sample.insert(at as u64, (*text).into());
        }
        let profile = finish(&texts);
        for pattern in ["email", "url", "uuid", "phone"] {
            assert_eq!(profile.patterns[pattern], 0.2, "{pattern}");
        }
        let mut english = Texts::default();
        let text =
            "I have been waiting for this book since last year, and it was worth every single day of it.";
        english.sample.insert(1, text.into());
        assert!(finish(&english).languages.contains_key("eng"));
        let mut dates = Texts::default();
        dates
            .sample
            .insert(1, "2013-01-01 10:00:00 2013-01-02 11:00:00".into());
        assert!(finish(&dates).languages.is_empty(), "dates are no language");
        assert_eq!(
            words("The film's a joy – to watch!").collect::<Vec<_>>(),
            ["The", "film's", "a", "joy", "to", "watch"]
        );
    }
}
