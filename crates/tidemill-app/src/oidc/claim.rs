//! What a verified token claims: reading a claim, and which teams and service principals follow from it.

use serde_json::Value;
use tidemill_spec::kinds::Federated;

/// A claim by its name; where there is none, the name is a way through nested ones, such as `realm_access.roles`.
pub(crate) fn find<'c>(claims: &'c Value, name: &str) -> Option<&'c Value> {
    if let Some(found) = claims.get(name) {
        return Some(found);
    }
    name.split('.').try_fold(claims, |inside, part| inside.get(part))
}

/// Whether a claim says a value, or holds it among others.
pub(crate) fn says(claims: &Value, name: &str, value: &str) -> bool {
    match find(claims, name) {
        Some(Value::Array(all)) => all.iter().any(|one| is(one, value)),
        Some(one) => is(one, value),
        None => false,
    }
}

/// A claim as a text, when it is one word.
pub(crate) fn text(claims: &Value, name: &str) -> Option<String> {
    match find(claims, name)? {
        Value::String(text) => Some(text.clone()),
        one @ (Value::Bool(_) | Value::Number(_)) => Some(one.to_string()),
        _ => None,
    }
}

fn is(found: &Value, value: &str) -> bool {
    match found {
        Value::String(text) => text == value,
        Value::Bool(_) | Value::Number(_) => found.to_string() == value,
        _ => false,
    }
}

/// Whether a subject is the one that is trusted: exactly, or by its beginning where `*` stands at the end.
pub(crate) fn is_subject(trusted: &str, subject: &str) -> bool {
    match trusted.strip_suffix('*') {
        // What a `*` stands for is something.
        Some(beginning) => subject.len() > beginning.len() && subject.starts_with(beginning),
        None => trusted == subject,
    }
}

/// Whether a token with these claims is one that is trusted.
pub(crate) fn is_trusted(trusted: &Federated, claims: &Value) -> bool {
    let Federated {
        issuer,
        audience,
        subject,
        claims: further,
    } = trusted;
    claims["iss"].as_str() == Some(issuer)
        && says(claims, "aud", audience)
        && claims["sub"]
            .as_str()
            .is_some_and(|found| is_subject(subject, found))
        && further.iter().all(|(name, value)| says(claims, name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_is_a_word_or_one_of_several() {
        let claims = json!({
            "groups": ["a", "b"], "role": "x", "n": 7, "admin": true, "realm_access": {"roles": ["r"]}, "a.b": "flat", "a": {"b": "deep"},
        });
        for (name, value) in [
            ("groups", "a"),
            ("role", "x"),
            ("n", "7"),
            ("admin", "true"),
            ("realm_access.roles", "r"),
            ("a.b", "flat"),
        ] {
            assert!(says(&claims, name, value), "{name}");
        }
        for (name, value) in [
            ("groups", "c"),
            ("groups", "a b"),
            ("role", ""),
            ("none", "x"),
            ("a.b", "deep"),
            ("realm_access", "r"),
        ] {
            assert!(!says(&claims, name, value), "{name}");
        }
    }

    #[test]
    fn a_subject_is_exact_or_begins_so() {
        assert!(is_subject(
            "repo:a/b:ref:refs/heads/main",
            "repo:a/b:ref:refs/heads/main"
        ));
        assert!(is_subject("repo:a/b:*", "repo:a/b:ref:refs/heads/x"));
        for subject in [
            "repo:a/b:",
            "repo:a/bc:ref",
            "repo:a/b",
            "xrepo:a/b:ref",
            "repo:a/b:ref:refs/heads/main ",
        ] {
            assert!(!is_subject("repo:a/b:ref:refs/heads/main", subject), "{subject}");
        }
        for subject in ["repo:a/b:", "repo:a/b", "repo:a/bc:x", "REPO:a/b:x"] {
            assert!(!is_subject("repo:a/b:*", subject), "{subject}");
        }
    }

    #[test]
    fn every_word_of_what_is_trusted_counts() {
        let trusted = Federated {
            issuer: "https://i".into(),
            audience: "us".into(),
            subject: "job:*".into(),
            claims: [("ref".to_owned(), "main".to_owned())].into(),
        };
        let claims = json!({"iss": "https://i", "aud": ["us", "them"], "sub": "job:1", "ref": "main"});
        assert!(is_trusted(&trusted, &claims));
        for (name, value) in [
            ("iss", "https://i/"),
            ("aud", "them"),
            ("sub", "jobs:1"),
            ("ref", "refs/main"),
        ] {
            let mut other = claims.clone();
            other[name] = json!(value);
            assert!(!is_trusted(&trusted, &other), "{name}");
        }
    }
}
