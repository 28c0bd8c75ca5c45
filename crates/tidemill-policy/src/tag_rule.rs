//! Rules for the tags and names of runs and jobs: what breaks which, in words that name the rule.

use regex::{Regex, RegexBuilder};

/// The longest pattern, in bytes; what it compiles to is bounded, too.
const LONGEST: usize = 1000;
const COMPILED_BYTES: usize = 1 << 20;

/// What happens when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is said, and done.
    Warn,
    /// It is not done.
    Refuse,
}

/// What a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// This tag.
    Tag(String),
    /// The name that people see.
    Name,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A run that a client started.
    Run,
    /// A job, or its run.
    Job,
}

/// A pattern that a whole text fits or does not.
#[derive(Debug, Clone)]
pub struct Pattern {
    written: String,
    whole: Regex,
}

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn new(written: &str) -> Result<Self, String> {
        if written.len() > LONGEST {
            return Err(format!(
                "the pattern has {} bytes, and {LONGEST} are allowed",
                written.len()
            ));
        }
        let build = |text: &str| RegexBuilder::new(text).size_limit(COMPILED_BYTES).build();
        // By itself first: `a)(b` would make sense only within the group that is put around it.
        build(written)
            .and_then(|_| build(&format!(r"\A(?:{written})\z")))
            .map(|whole| Self {
                written: written.to_owned(),
                whole,
            })
            .map_err(|error| error.to_string())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether it fits the whole text.
    pub fn fits(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

/// One rule.
#[derive(Debug, Clone)]
pub struct TagRule {
    /// What messages call it by.
    pub name: String,
    /// Where it is written, such as ``workspace `team-a` ``.
    pub of: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it looks at.
    pub about: About,
    /// What that has to be like.
    pub pattern: Option<Pattern>,
    /// Whether the tag has to be there.
    pub required: bool,
    /// Whether the tag of a run has to be there from its start, or only when it finishes.
    pub from_start: bool,
    /// What happens when it is broken.
    pub effect: Effect,
    /// Where the tag is linked to.
    pub link: Option<String>,
    /// Whether it holds for runs.
    pub for_runs: bool,
    /// Whether it holds for jobs.
    pub for_jobs: bool,
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// What happens.
    pub effect: Effect,
    /// Which rule, and why.
    pub text: String,
}

/// A run or a job, as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct Thing<'t> {
    /// Which of the two.
    pub subject: Subject,
    /// The name that people see.
    pub name: &'t str,
    /// Its tags.
    pub tags: &'t [(String, String)],
    /// Whether it has ended, or is about to.
    pub has_ended: bool,
}

impl Thing<'_> {
    fn tag(&self, key: &str) -> Option<&str> {
        let mut newest_first = self.tags.iter().rev();
        newest_first
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }
}

impl TagRule {
    fn is_for(&self, subject: Subject) -> bool {
        match subject {
            Subject::Run => self.for_runs,
            Subject::Job => self.for_jobs,
        }
    }

    /// Whether the tag has to be there by now. A job is looked at once, when it is submitted.
    fn is_due(&self, subject: Subject, has_ended: bool) -> bool {
        self.required && (self.from_start || has_ended || subject == Subject::Job)
    }

    fn says(&self, what: &str) -> Breach {
        let Self {
            name,
            of,
            description,
            effect,
            ..
        } = self;
        let because = description
            .as_deref()
            .map(|text| format!(" ({})", text.trim()))
            .unwrap_or_default();
        Breach {
            effect: *effect,
            text: format!("rule `{name}` of {of}: {what}{because}"),
        }
    }

    fn misses(&self, tag: &str) -> Breach {
        let like = self
            .pattern
            .as_ref()
            .map(|pattern| format!("; its value has to fit `{}`", pattern.as_str()))
            .unwrap_or_default();
        self.says(&format!("the tag `{tag}` is missing{like}"))
    }

    fn unfit(&self, what: &str, text: &str) -> Option<Breach> {
        let pattern = self.pattern.as_ref().filter(|pattern| !pattern.fits(text))?;
        let shown: String = text.chars().take(100).collect();
        Some(self.says(&format!("{what} {shown:?} does not fit `{}`", pattern.as_str())))
    }

    fn unfit_value(&self, tag: &str, value: &str) -> Option<Breach> {
        self.unfit(&format!("the tag `{tag}` with the value"), value)
    }

    fn unfit_name(&self, name: &str) -> Option<Breach> {
        self.unfit("the name", name)
    }
}

/// What a run or job breaks as a whole.
pub fn whole(rules: &[TagRule], thing: Thing<'_>) -> Vec<Breach> {
    let of = |rule: &TagRule| match &rule.about {
        About::Name => rule.unfit_name(thing.name),
        About::Tag(key) => match thing.tag(key) {
            Some(value) => rule.unfit_value(key, value),
            None => rule
                .is_due(thing.subject, thing.has_ended)
                .then(|| rule.misses(key)),
        },
    };
    each(rules, thing.subject, of)
}

/// What breaks a rule of what is set now: some tags, and a name where there is one. What is missing is not looked at.
pub fn set(
    rules: &[TagRule],
    subject: Subject,
    name: Option<&str>,
    tags: &[(String, String)],
) -> Vec<Breach> {
    let of = |rule: &TagRule| match &rule.about {
        About::Name => name.and_then(|name| rule.unfit_name(name)),
        About::Tag(key) => tags
            .iter()
            .filter(|(known, _)| known == key)
            .find_map(|(_, value)| rule.unfit_value(key, value)),
    };
    each(rules, subject, of)
}

/// What breaks a rule when a tag is removed.
pub fn removed(rules: &[TagRule], subject: Subject, tag: &str, has_ended: bool) -> Vec<Breach> {
    let of = |rule: &TagRule| {
        (rule.about == About::Tag(tag.to_owned()) && rule.is_due(subject, has_ended))
            .then(|| rule.misses(tag))
    };
    each(rules, subject, of)
}

/// What breaks a rule when a run finishes: tags that may come late, and have not come. What it had to have from its start
/// was looked at then.
pub fn finished(rules: &[TagRule], subject: Subject, tags: &[(String, String)]) -> Vec<Breach> {
    let of = |rule: &TagRule| match &rule.about {
        About::Tag(key) if rule.required && !rule.from_start => {
            (!tags.iter().any(|(known, _)| known == key)).then(|| rule.misses(key))
        }
        _ => None,
    };
    each(rules, subject, of)
}

fn each(rules: &[TagRule], subject: Subject, of: impl Fn(&TagRule) -> Option<Breach>) -> Vec<Breach> {
    rules
        .iter()
        .filter(|rule| rule.is_for(subject))
        .filter_map(of)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(about: About, pattern: Option<&str>) -> TagRule {
        TagRule {
            name: "work-item".into(),
            of: "workspace `w`".into(),
            description: None,
            about,
            pattern: pattern.map(|text| Pattern::new(text).expect("a pattern")),
            required: true,
            from_start: true,
            effect: Effect::Refuse,
            link: None,
            for_runs: true,
            for_jobs: true,
        }
    }

    fn thing(tags: &[(String, String)]) -> Thing<'_> {
        Thing {
            subject: Subject::Run,
            name: "run-1",
            tags,
            has_ended: false,
        }
    }

    fn tags(value: &str) -> [(String, String); 1] {
        [("item".to_owned(), value.to_owned())]
    }

    fn texts(found: Vec<Breach>) -> Vec<String> {
        found.into_iter().map(|breach| breach.text).collect()
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_told_with_its_rule() {
        let rules = [rule(About::Tag("item".into()), Some("AB#[0-9]+"))];
        assert_eq!(
            texts(whole(&rules, thing(&[]))),
            [
                "rule `work-item` of workspace `w`: the tag `item` is missing; its value has to fit `AB#[0-9]+`"
            ]
        );
        assert_eq!(
            texts(whole(&rules, thing(&tags("AB#1 and more")))),
            [
                "rule `work-item` of workspace `w`: the tag `item` with the value \"AB#1 and more\" does not fit `AB#[0-9]+`"
            ]
        );
        assert!(whole(&rules, thing(&tags("AB#17"))).is_empty());
        assert!(set(&rules, Subject::Run, None, &[]).is_empty());
        assert_eq!(set(&rules, Subject::Run, None, &tags("x")).len(), 1);
        assert_eq!(removed(&rules, Subject::Run, "item", false).len(), 1);
        assert!(removed(&rules, Subject::Run, "other", false).is_empty());
    }

    #[test]
    fn a_tag_that_is_due_at_the_end_may_come_later_and_a_job_has_one_moment() {
        let rules = [TagRule {
            from_start: false,
            ..rule(About::Tag("item".into()), None)
        }];
        assert!(whole(&rules, thing(&[])).is_empty());
        assert!(removed(&rules, Subject::Run, "item", false).is_empty());
        let ended = Thing {
            has_ended: true,
            ..thing(&[])
        };
        assert_eq!(whole(&rules, ended).len(), 1);
        assert_eq!(finished(&rules, Subject::Run, &[]).len(), 1);
        assert!(finished(&rules, Subject::Run, &tags("x")).is_empty());
        let job = Thing {
            subject: Subject::Job,
            ..thing(&[])
        };
        assert_eq!(whole(&rules, job).len(), 1);
        let optional = [TagRule {
            required: false,
            ..rule(About::Tag("item".into()), Some("a|b"))
        }];
        assert!(whole(&optional, ended).is_empty());
        // The whole value, whatever the pattern is made of.
        assert_eq!(whole(&optional, thing(&tags("ax"))).len(), 1);
    }

    #[test]
    fn a_name_is_looked_at_where_the_rule_holds() {
        let rules = [TagRule {
            for_jobs: false,
            effect: Effect::Warn,
            description: Some("Lower case.".into()),
            ..rule(About::Name, Some("[a-z-]+"))
        }];
        assert_eq!(
            texts(whole(&rules, thing(&[]))),
            ["rule `work-item` of workspace `w`: the name \"run-1\" does not fit `[a-z-]+` (Lower case.)"]
        );
        assert!(set(&rules, Subject::Job, Some("X"), &[]).is_empty());
        assert_eq!(set(&rules, Subject::Run, Some("X"), &[]).len(), 1);
        assert!(set(&rules, Subject::Run, Some("x"), &[]).is_empty());
    }

    #[test]
    fn a_pattern_that_cannot_be_read_or_is_too_large_says_so() {
        for wrong in ["(", "a)(b", "[a", &"a".repeat(1001), "(?:x{1000}){1000}"] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
