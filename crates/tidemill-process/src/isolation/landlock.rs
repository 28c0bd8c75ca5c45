//! The level without any other program: rules that the kernel keeps for a thread and all that it starts.

use super::places::without;
use super::{Places, syscalls};
use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::path::{Path, PathBuf};

/// What must be there: without it files can be cut short that may only be read.
const LEAST: ABI = ABI::V3;
/// What is used where the kernel has it: devices, signals, abstract sockets.
const MOST: ABI = ABI::V6;

/// Why it cannot be used here.
pub(super) fn lacks() -> Option<String> {
    let tried = std::thread::spawn(|| {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(LEAST))
            .and_then(Ruleset::create)
            .map(drop)
    });
    match tried.join() {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("the kernel has no Landlock, or one before 6.2: {error}")),
        Err(_) => Some("failed to try it".to_owned()),
    }
}

/// Restricts the calling thread, for ever, and every process that it starts.
///
/// # Errors
/// When the kernel does not keep the rules, or the network is to be closed, which it cannot do.
pub fn restrict(places: &Places) -> Result<(), String> {
    if places.relay.is_some() {
        return Err(
            "failed to close the network of the job: Landlock leaves it open; install bubblewrap".to_owned(),
        );
    }
    let failed = |error: landlock::RulesetError| format!("failed to restrict the job with Landlock: {error}");
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(MOST))
        .and_then(|rules| rules.scope(Scope::from_all(MOST)))
        .and_then(Ruleset::create)
        .map_err(failed)?;
    let read = AccessFs::from_read(MOST);
    // Who may make devices reaches every disk.
    let write = AccessFs::from_all(MOST) & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    for path in settings(places) {
        rules = allow(rules, &path, read)?;
    }
    for path in [Path::new("/proc"), Path::new("/dev/fd")] {
        rules = allow(rules, path, read)?;
    }
    for path in Places::devices().chain(Places::cards()) {
        rules = allow(rules, &path, write)?;
    }
    for path in &places.read {
        rules = allow(rules, path, read)?;
    }
    for path in places.write.iter().chain([&places.temp]) {
        // Rules only ever add: what is read-only within is left out, and its neighbours are named one by one.
        let kept: Vec<&PathBuf> = places.read.iter().filter(|read| read.starts_with(path)).collect();
        let mut paths = vec![path.clone()];
        for read in kept {
            paths = paths.iter().flat_map(|path| without(path, read)).collect();
        }
        for path in paths {
            rules = allow(rules, &path, write)?;
        }
    }
    let status = rules.restrict_self().map_err(failed)?;
    // Some of root's powers go past the rules: one lets it read the variables of any process.
    rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::empty(),
            inheritable: CapabilitySet::empty(),
        },
    )
    .map_err(|error| format!("failed to give up the powers of root: {error}"))?;
    syscalls::restrict()?;
    match status.ruleset {
        RulesetStatus::NotEnforced => {
            Err("failed to restrict the job: the kernel has no Landlock".to_owned())
        }
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}

/// The machine's folders without what is private in them.
fn settings(places: &Places) -> Vec<PathBuf> {
    let mut paths = places.system();
    for hidden in Places::private() {
        paths = paths.iter().flat_map(|path| without(path, &hidden)).collect();
    }
    paths
}

/// Adds a rule for a path that is there; a file takes what makes sense for files.
fn allow(rules: RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> Result<RulesetCreated, String> {
    let Ok(handle) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(MOST)
    };
    rules
        .add_rule(PathBeneath::new(handle, access))
        .map_err(|error| format!("failed to allow {}: {error}", path.display()))
}
