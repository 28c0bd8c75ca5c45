//! A compute instance as a whole: when it starts and stops, and how long it may be idle.

use crate::error::{FieldPath, Problem};
use crate::kinds::{Compute, ComputeInstance};
use crate::trigger::Times;
use crate::value::iso_seconds;

pub(super) fn check(compute: &Compute, problems: &mut Vec<Problem>) {
    let Compute::ComputeInstance(instance) = compute else {
        return;
    };
    let root = FieldPath::default();
    if instance.idle_time_before_shutdown.is_some() && instance.idle_time_before_shutdown_minutes.is_some() {
        problems.push(
            Problem::new("idle_time_before_shutdown says it already")
                .at(root.key("idle_time_before_shutdown_minutes"))
                .hint("leave one of the two out"),
        );
    }
    if let Some(text) = &instance.idle_time_before_shutdown
        && iso_seconds(text).is_none_or(|seconds| seconds == 0)
    {
        problems.push(
            Problem::new(format!("`{text}` is no time"))
                .at(root.key("idle_time_before_shutdown"))
                .hint("write it as ISO 8601 does, such as PT30M"),
        );
    }
    if instance.idle_time_before_shutdown_minutes == Some(0) {
        problems.push(
            Problem::new("expected a minute or more").at(root.key("idle_time_before_shutdown_minutes")),
        );
    }
    let times = instance.schedules.iter().flat_map(|all| &all.compute_start_stop);
    for (place, one) in times.enumerate() {
        let at = root
            .key("schedules")
            .key("compute_start_stop")
            .index(place)
            .key("trigger");
        match &one.trigger {
            None => problems.push(Problem::new("it says no time").at(at)),
            Some(trigger) => {
                if let Err(problem) = Times::read(trigger, 0) {
                    let path = problem.path.clone().below(&at);
                    problems.push(problem.at(path));
                }
            }
        }
    }
}

impl ComputeInstance {
    /// How many seconds it may be idle before it is stopped; none where it is never.
    pub fn idle_seconds(&self) -> Option<u64> {
        let minutes = self
            .idle_time_before_shutdown_minutes
            .map(|minutes| u64::from(minutes) * 60);
        let written = self.idle_time_before_shutdown.as_deref();
        minutes
            .or_else(|| written.and_then(iso_seconds))
            .filter(|seconds| *seconds > 0)
    }
}
