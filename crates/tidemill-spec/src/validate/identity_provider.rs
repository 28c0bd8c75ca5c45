//! What providers of identities, and those whose tokens a service principal trusts, mean as a whole.

use crate::error::{FieldPath, Problem};
use crate::expr::{Ref, Template};
use crate::kinds::{IdentityProvider, ServicePrincipal};

pub(super) fn check(provider: &IdentityProvider, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    super::names::check_needed(Some(&provider.name), "an identity provider", problems);
    check_issuer(&provider.issuer, &root.key("issuer"), problems);
    if provider.client_id.is_empty() {
        problems.push(
            Problem::new("expected the id that the provider gave to this server").at(root.key("client_id")),
        );
    }
    let is_secret = |text: &String| {
        let template = Template::parse(text.trim()).ok();
        template.is_some_and(|template| matches!(template.singular(), Some(Ref::Secret(_))))
    };
    if provider
        .client_secret
        .as_ref()
        .is_some_and(|text| !is_secret(text))
    {
        let problem = Problem::new("expected a secret of the vault").at(root.key("client_secret"));
        problems.push(
            problem.hint("write `${{secrets.NAME}}`, and set it with `tidemill secret set --name NAME`"),
        );
    }
    for (at, team) in provider.teams.iter().enumerate() {
        if team.claim.is_empty() || team.value.is_empty() || team.team.is_empty() {
            let problem = Problem::new("expected a claim, its value and a team");
            problems.push(problem.at(root.key("teams").index(at)));
        }
    }
}

pub(super) fn check_federated(principal: &ServicePrincipal, problems: &mut Vec<Problem>) {
    for (at, trusted) in principal.federated.iter().enumerate() {
        let field = FieldPath::field("federated").index(at);
        check_issuer(&trusted.issuer, &field.key("issuer"), problems);
        if trusted.audience.is_empty() || trusted.audience.contains('*') {
            problems.push(Problem::new("expected an audience in full").at(field.key("audience")));
        }
        let fixed = trusted.subject.strip_suffix('*').unwrap_or(&trusted.subject);
        let open = fixed.len() < trusted.subject.len();
        // Else `repo:acme/app*` would be `repo:acme/app-of-somebody-else` too.
        if fixed.is_empty() || fixed.contains('*') || (open && !fixed.ends_with([':', '/'])) {
            let problem = Problem::new("expected a subject in full, or one that ends in `:*` or `/*`");
            problems.push(
                problem
                    .at(field.key("subject"))
                    .hint("such as `repo:acme/app:ref:refs/heads/main`"),
            );
        }
    }
}

/// Tokens are trusted by what an issuer says over TLS; on this machine it may do without.
fn check_issuer(issuer: &str, at: &FieldPath, problems: &mut Vec<Problem>) {
    let host = |rest: &str| {
        rest.split(['/', ':', '?', '#', '@'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let fine = match issuer.split_once("://") {
        Some(("https", rest)) => !host(rest).is_empty() && !rest.contains('@'),
        Some(("http", rest)) => {
            !rest.contains('@')
                && (["127.0.0.1", "localhost"].contains(&host(rest).as_str()) || rest.starts_with("[::1]"))
        }
        _ => false,
    };
    if !fine || issuer.contains(['?', '#', '*']) {
        let problem = Problem::new("expected an https address without a query").at(at.clone());
        problems.push(problem.hint("http is taken for an issuer on this machine alone"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Federated;

    fn says(issuer: &str, audience: &str, subject: &str) -> Option<String> {
        let federated = Federated {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            subject: subject.to_owned(),
            claims: Default::default(),
        };
        let principal = ServicePrincipal {
            name: "ci".to_owned(),
            display_name: None,
            description: None,
            disabled: false,
            federated: vec![federated],
        };
        let mut problems = Vec::new();
        check_federated(&principal, &mut problems);
        problems.first().map(|problem| problem.path.to_string())
    }

    #[test]
    fn a_wildcard_stands_at_the_end_of_a_subject_alone() {
        let issuer = "https://tokens.example.org";
        for subject in [
            "repo:acme/app:ref:refs/heads/main",
            "repo:acme/app:*",
            "repo:acme/*",
        ] {
            assert_eq!(says(issuer, "a", subject), None, "{subject}");
        }
        for subject in ["", "*", "repo:acme/app*", "repo:*/app", "repo:*:*"] {
            assert_eq!(
                says(issuer, "a", subject).as_deref(),
                Some("federated[0].subject"),
                "{subject}"
            );
        }
        assert_eq!(says(issuer, "*", "s").as_deref(), Some("federated[0].audience"));
    }

    #[test]
    fn an_issuer_is_reached_over_tls_or_on_this_machine() {
        for issuer in [
            "https://a.example",
            "http://127.0.0.1:9000",
            "http://localhost/x",
            "http://[::1]:9",
        ] {
            assert_eq!(says(issuer, "a", "s"), None, "{issuer}");
        }
        for issuer in [
            "http://a.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "ftp://a",
            "a",
            "https://",
            "https://a?x",
        ] {
            assert_eq!(
                says(issuer, "a", "s").as_deref(),
                Some("federated[0].issuer"),
                "{issuer}"
            );
        }
    }
}
