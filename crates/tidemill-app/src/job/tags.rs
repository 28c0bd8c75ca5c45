//! The tags and the name of a job, as the rules of its workspace see them. A pipeline speaks for its steps.

use indexmap::IndexMap;
use tidemill_policy::tag_rule::{self, Breach, Subject, TagRule, Thing};
use tidemill_spec::kinds::Job as JobSpec;

/// What to do about a job that may not be.
pub(super) const HINT: &str = "set `tags` and `display_name` in the job's YAML, or --set tags.KEY=VALUE";

/// What a job breaks that is submitted.
pub(super) fn breaches(rules: &[TagRule], spec: &JobSpec, given: &str) -> Vec<Breach> {
    let (tags, shown) = match spec {
        JobSpec::Command(job) => (&job.tags, &job.display_name),
        JobSpec::Pipeline(job) => (&job.tags, &job.display_name),
    };
    of(rules, tags, shown.as_deref().unwrap_or(given))
}

/// What a job of these tags and this name breaks.
pub(super) fn of(rules: &[TagRule], tags: &IndexMap<String, String>, name: &str) -> Vec<Breach> {
    let tags: Vec<(String, String)> = tags
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let thing = Thing {
        subject: Subject::Job,
        name,
        tags: &tags,
        has_ended: false,
    };
    tag_rule::whole(rules, thing)
}
