//! The plan itself: a pure function of what is wanted, what is there, and what was applied before.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Address;
use super::diff::{FieldChange, at, fields};

/// A resource as the files want it.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Which.
    pub address: Address,
    /// Everything that it is to say, in the form in which [`Actual`] says it.
    pub spec: Value,
    /// What has to be there first. What is not in the same plan is taken to be there.
    pub needs: Vec<Address>,
    /// Fields at its top that can't change: another value means another resource in its place.
    pub immutable: Vec<String>,
}

/// A resource as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Actual {
    /// Which.
    pub address: Address,
    /// Everything that it says; secrets masked in a way that shows whether they are the same.
    pub spec: Value,
    /// Whether it can't be removed, such as what every workspace has.
    pub permanent: bool,
}

/// A resource as it was applied last.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// Which.
    pub address: Address,
    /// What it said then.
    pub applied: Value,
    /// What it needed then.
    pub needs: Vec<Address>,
}

/// What happens to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// Some of its fields change.
    Change,
    /// It is removed, and made anew.
    Replace,
    /// It is removed.
    Delete,
    /// It is there as it should be, and belongs to the files from now on.
    Adopt,
    /// It does not belong to the files any more; nothing else happens to it.
    Forget,
    /// Nothing.
    Keep,
}

impl Action {
    /// Whether the plan does something for it.
    pub fn is_change(self) -> bool {
        self != Self::Keep
    }
}

/// One resource of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub address: Address,
    /// What happens to it.
    pub action: Action,
    /// Why, in one sentence without a full stop.
    pub why: String,
    /// The fields that differ; for what is made or removed, none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// What it says now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it will say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The steps that come first, by their place in the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<usize>,
    /// What it needs, for the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Address>,
}

/// What can't be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Two files want the same resource.
    #[error("failed to plan: {0} is wanted twice")]
    Twice(Address),
    /// A resource that is wanted needs one that is managed and not wanted any more.
    #[error("failed to plan: {address} needs {needs}, which the files don't want any more")]
    Needed {
        /// The resource that is wanted.
        address: Box<Address>,
        /// What it needs.
        needs: Box<Address>,
    },
    /// Resources that need each other, the first one again at the end.
    #[error("failed to plan: these need each other: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
    Cycle(Vec<Address>),
}

/// The steps that make what is there into what is wanted, in an order in which each finds what it needs.
///
/// What is wanted comes first, needed before needing; then goes what was managed and is not wanted any more, needing before
/// needed. What is neither wanted nor managed is never touched. With nothing wanted, everything managed goes.
///
/// # Errors
/// A resource that is wanted twice; resources that need each other, or one that would go.
pub fn plan(desired: &[Desired], actual: &[Actual], managed: &[Managed]) -> Result<Vec<Step>, PlanError> {
    let there: HashMap<&Address, &Actual> = actual.iter().map(|one| (&one.address, one)).collect();
    let known: HashMap<&Address, &Managed> = managed.iter().map(|one| (&one.address, one)).collect();
    let mut wanted = HashSet::new();
    if let Some(twice) = desired.iter().find(|one| !wanted.insert(&one.address)) {
        return Err(PlanError::Twice(twice.address.clone()));
    }
    let goes = |need: &&Address| {
        let stays = there.get(*need).is_some_and(|one| one.permanent);
        known.contains_key(*need) && !wanted.contains(*need) && !stays
    };
    if let Some((address, needs)) = desired
        .iter()
        .find_map(|one| Some((&one.address, one.needs.iter().find(goes)?)))
    {
        return Err(PlanError::Needed {
            address: Box::new(address.clone()),
            needs: Box::new(needs.clone()),
        });
    }
    let edges = desired.iter().map(|one| (one.address.clone(), one.needs.clone()));
    let order = order(edges.collect()).map_err(PlanError::Cycle)?;
    let mut steps: Vec<Step> = order
        .iter()
        .map(|place| &desired[*place])
        .map(|one| {
            step(
                one,
                there.get(&one.address).copied(),
                known.get(&one.address).copied(),
            )
        })
        .collect();
    steps.extend(removals(managed, &there, &wanted));
    number(&mut steps);
    Ok(steps)
}

fn step(wanted: &Desired, there: Option<&Actual>, known: Option<&Managed>) -> Step {
    let Desired {
        address,
        spec,
        needs,
        immutable,
    } = wanted;
    let differing = there.map(|there| fields(&there.spec, spec)).unwrap_or_default();
    let fixed = differing.iter().find(|change| immutable.contains(&change.path));
    let (action, why) = match (there, known) {
        (None, None) => (Action::Create, "it is not there yet".to_owned()),
        (None, Some(_)) => (
            Action::Create,
            "it was removed by hand since it was applied".to_owned(),
        ),
        (Some(_), _) if fixed.is_some() => {
            let field = fixed.map(|change| change.path.as_str()).unwrap_or_default();
            (Action::Replace, format!("its {field} can't change"))
        }
        (Some(_), None) if differing.is_empty() => (
            Action::Adopt,
            "it was made by hand, just as the files want it".to_owned(),
        ),
        (Some(_), None) => (
            Action::Change,
            "it was made by hand, in another way than the files want it".to_owned(),
        ),
        (Some(_), Some(_)) if differing.is_empty() => (Action::Keep, "it is as the files want it".to_owned()),
        (Some(there), Some(known)) => (Action::Change, why_change(&differing, there, known)),
    };
    Step {
        address: address.clone(),
        action,
        why,
        fields: if matches!(action, Action::Change | Action::Replace) {
            differing
        } else {
            Vec::new()
        },
        before: there.map(|there| there.spec.clone()),
        after: Some(spec.clone()),
        waits_for: Vec::new(),
        needs: needs.clone(),
    }
}

/// Whether the files changed, or somebody changed the resource, or both.
fn why_change(differing: &[FieldChange], there: &Actual, known: &Managed) -> String {
    let by_hand = |change: &&FieldChange| at(&known.applied, &change.path) != at(&there.spec, &change.path);
    let hands: Vec<&str> = differing
        .iter()
        .filter(by_hand)
        .map(|change| change.path.as_str())
        .collect();
    match hands.len() {
        0 => "the files want it otherwise than it was applied".to_owned(),
        count if count == differing.len() => "it was changed by hand since it was applied".to_owned(),
        _ => format!(
            "the files want it otherwise than it was applied, and {} was changed by hand since",
            hands.join(", ")
        ),
    }
}

fn removals<'a>(
    managed: &'a [Managed],
    there: &HashMap<&Address, &'a Actual>,
    wanted: &HashSet<&Address>,
) -> Vec<Step> {
    let gone: Vec<&Managed> = managed
        .iter()
        .filter(|one| !wanted.contains(&one.address))
        .collect();
    let edges: Vec<_> = gone
        .iter()
        .map(|one| (one.address.clone(), one.needs.clone()))
        .collect();
    // What was applied had an order, so a circle can only come from a record that is damaged: then any order is tried.
    let order = order(edges).unwrap_or_else(|_| (0..gone.len()).collect());
    let mut steps = Vec::new();
    for one in order.iter().rev().map(|place| gone[*place]) {
        let found = there.get(&one.address).copied();
        let (action, why) = match found {
            None => (Action::Forget, "it is gone already"),
            Some(found) if found.permanent => (Action::Forget, "it can't be removed, and stays as it is"),
            Some(_) => (Action::Delete, "the files don't want it any more"),
        };
        steps.push(Step {
            address: one.address.clone(),
            action,
            why: why.to_owned(),
            fields: Vec::new(),
            before: found.map(|found| found.spec.clone()),
            after: None,
            waits_for: Vec::new(),
            needs: one.needs.clone(),
        });
    }
    steps
}

/// Fills in who waits for whom.
fn number(steps: &mut [Step]) {
    let places: BTreeMap<Address, usize> = steps
        .iter()
        .enumerate()
        .map(|(place, step)| (step.address.clone(), place))
        .collect();
    let going = |step: &Step| step.after.is_none();
    let mut waits: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (place, step) in steps.iter().enumerate() {
        for needed in step.needs.iter().filter_map(|need| places.get(need).copied()) {
            // What goes waits for what needs it; what comes waits for what it needs.
            match going(step) {
                true if going(&steps[needed]) => waits[needed].push(place),
                false if !going(&steps[needed]) => waits[place].push(needed),
                _ => {}
            }
        }
    }
    for (step, mut waits) in steps.iter_mut().zip(waits) {
        waits.sort_unstable();
        waits.dedup();
        step.waits_for = waits;
    }
}

/// An order in which everything comes after what it needs; among those that may come, the first given comes first.
fn order(edges: Vec<(Address, Vec<Address>)>) -> Result<Vec<usize>, Vec<Address>> {
    let places: HashMap<&Address, usize> = edges
        .iter()
        .enumerate()
        .map(|(place, (address, _))| (address, place))
        .collect();
    let needs: Vec<Vec<usize>> = edges
        .iter()
        .map(|(_, needs)| {
            needs
                .iter()
                .filter_map(|need| places.get(need).copied())
                .collect()
        })
        .collect();
    let mut done = vec![false; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    while order.len() < edges.len() {
        let before = order.len();
        for place in 0..edges.len() {
            if !done[place] && needs[place].iter().all(|need| done[*need]) {
                done[place] = true;
                order.push(place);
            }
        }
        if order.len() == before {
            return Err(circle(&edges, &needs, &done));
        }
    }
    Ok(order)
}

/// One circle among what is left.
fn circle(edges: &[(Address, Vec<Address>)], needs: &[Vec<usize>], done: &[bool]) -> Vec<Address> {
    let mut path: Vec<usize> = Vec::new();
    let mut next = (0..edges.len()).find(|place| !done[*place]);
    while let Some(place) = next {
        if let Some(start) = path.iter().position(|seen| *seen == place) {
            path.drain(..start);
            path.push(place);
            break;
        }
        path.push(place);
        next = needs[place].iter().copied().find(|need| !done[*need]);
    }
    path.into_iter().map(|place| edges[place].0.clone()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn address(n: usize) -> Address {
        Address::new("thing", "/", &n.to_string())
    }

    fn desired(n: usize, spec: Value, needs: &[usize]) -> Desired {
        Desired {
            address: address(n),
            spec,
            needs: needs.iter().map(|need| address(*need)).collect(),
            immutable: vec!["type".into()],
        }
    }

    fn actual(n: usize, spec: Value) -> Actual {
        Actual {
            address: address(n),
            spec,
            permanent: false,
        }
    }

    fn managed(n: usize, applied: Value, needs: &[usize]) -> Managed {
        Managed {
            address: address(n),
            applied,
            needs: needs.iter().map(|need| address(*need)).collect(),
        }
    }

    fn told(steps: &[Step]) -> Vec<(String, Action)> {
        steps
            .iter()
            .map(|step| (step.address.name.clone(), step.action))
            .collect()
    }

    #[test]
    fn each_resource_gets_what_it_needs_and_no_more() {
        let wanted = [
            desired(2, json!({"a": 1}), &[1]),
            desired(1, json!({"a": 1}), &[]),
            desired(3, json!({"a": 2}), &[]),
            desired(4, json!({"type": "new"}), &[]),
            desired(5, json!({}), &[]),
        ];
        let there = [
            actual(3, json!({"a": 1})),
            actual(4, json!({"type": "old"})),
            actual(5, json!({})),
            actual(6, json!({})),
            actual(9, json!({"made": "by hand"})),
        ];
        let known = [
            managed(3, json!({"a": 1}), &[]),
            managed(6, json!({}), &[]),
            managed(7, json!({}), &[]),
        ];
        let steps = plan(&wanted, &there, &known).expect("a plan");
        let expected = [
            ("1", Action::Create),
            ("3", Action::Change),
            ("4", Action::Replace),
            ("5", Action::Adopt),
            ("2", Action::Create),
        ];
        let told = told(&steps);
        for (name, action) in expected {
            assert!(told.contains(&(name.to_owned(), action)), "{told:?}");
        }
        assert!(
            told.contains(&("6".to_owned(), Action::Delete))
                && told.contains(&("7".to_owned(), Action::Forget))
        );
        assert!(!told.iter().any(|(name, _)| name == "9"), "{told:?}");
    }

    #[test]
    fn why_says_who_changed_what() {
        let wanted = [desired(1, json!({"a": 2, "b": 1}), &[])];
        let known = [managed(1, json!({"a": 1, "b": 1}), &[])];
        let why = |there: Value| {
            plan(&wanted, &[actual(1, there)], &known).expect("a plan")[0]
                .why
                .clone()
        };
        assert_eq!(
            why(json!({"a": 1, "b": 1})),
            "the files want it otherwise than it was applied"
        );
        assert_eq!(
            why(json!({"a": 2, "b": 9})),
            "it was changed by hand since it was applied"
        );
        assert_eq!(
            why(json!({"a": 1, "b": 9})),
            "the files want it otherwise than it was applied, and b was changed by hand since"
        );
    }

    #[test]
    fn what_goes_goes_before_what_it_needs() {
        let known = [
            managed(1, json!({}), &[]),
            managed(2, json!({}), &[1]),
            managed(3, json!({}), &[2]),
        ];
        let there = [actual(1, json!({})), actual(2, json!({})), actual(3, json!({}))];
        let steps = plan(&[], &there, &known).expect("a plan");
        let names: Vec<_> = steps.iter().map(|step| step.address.name.as_str()).collect();
        assert_eq!(names, ["3", "2", "1"]);
        assert_eq!(steps[2].waits_for, [1]);
    }

    #[test]
    fn what_is_still_needed_does_not_go() {
        let (wanted, known) = ([desired(2, json!({}), &[1])], [managed(1, json!({}), &[])]);
        let refused = plan(&wanted, &[actual(1, json!({}))], &known);
        assert_eq!(
            refused,
            Err(PlanError::Needed {
                address: Box::new(address(2)),
                needs: Box::new(address(1))
            })
        );
        // What can't be removed stays, whoever needs it.
        let stays = Actual {
            permanent: true,
            ..actual(1, json!({}))
        };
        assert_eq!(
            plan(&wanted, &[stays], &known).expect("a plan")[1].action,
            Action::Forget
        );
    }

    #[test]
    fn twice_and_circles_are_refused_by_name() {
        let twice = [desired(1, json!({}), &[]), desired(1, json!({}), &[])];
        assert_eq!(plan(&twice, &[], &[]), Err(PlanError::Twice(address(1))));
        let circle = [
            desired(1, json!({}), &[2]),
            desired(2, json!({}), &[1]),
            desired(3, json!({}), &[]),
        ];
        let Err(PlanError::Cycle(names)) = plan(&circle, &[], &[]) else {
            panic!("a circle")
        };
        assert_eq!((names.len(), names.first()), (3, names.last()));
    }

    /// A world to which a plan is applied.
    fn applied(steps: &[Step], mut world: BTreeMap<Address, Value>) -> BTreeMap<Address, Value> {
        for step in steps {
            match step.action {
                Action::Create | Action::Change | Action::Replace => {
                    world.insert(step.address.clone(), step.after.clone().expect("wanted"));
                }
                Action::Delete => {
                    world.remove(&step.address).expect("it is there");
                }
                Action::Adopt | Action::Forget | Action::Keep => {}
            }
        }
        world
    }

    type Specs = BTreeMap<usize, (u8, u8)>;

    fn spec((kind, value): (u8, u8)) -> Value {
        json!({ "type": kind, "value": value })
    }

    fn some() -> impl Strategy<Value = Specs> {
        proptest::collection::btree_map(0usize..12, (0u8..2, 0u8..3), 0..10)
    }

    proptest! {
        #[test]
        fn a_plan_that_was_applied_leaves_nothing_to_plan_and_touches_nothing_else(
            want in some(), have in some(), before in some(), edges in proptest::collection::vec((0usize..12, 0usize..12), 0..30)
        ) {
            let needs = |n: usize| edges.iter().filter(|(a, b)| *a == n && *b < n).map(|(_, b)| *b).collect::<Vec<_>>();
            let wanted: Vec<Desired> = want.iter().rev().map(|(n, s)| desired(*n, spec(*s), &needs(*n))).collect();
            let there: Vec<Actual> = have.iter().map(|(n, s)| actual(*n, spec(*s))).collect();
            let known: Vec<Managed> = before.iter().map(|(n, s)| managed(*n, spec(*s), &needs(*n))).collect();
            let steps = match plan(&wanted, &there, &known) {
                Ok(steps) => steps,
                // What is needed would go: it is refused, and only then.
                Err(PlanError::Needed { address, needs }) => {
                    prop_assert!(wanted.iter().any(|one| one.address == *address && one.needs.contains(&needs)));
                    prop_assert!(known.iter().any(|one| one.address == *needs) && !wanted.iter().any(|one| one.address == *needs));
                    return Ok(());
                }
                Err(other) => return Err(TestCaseError::fail(other.to_string())),
            };

            // Every step comes after those that it waits for.
            for (place, step) in steps.iter().enumerate() {
                prop_assert!(step.waits_for.iter().all(|first| *first < place), "{:?}", steps);
            }
            let world = there.iter().map(|one| (one.address.clone(), one.spec.clone())).collect::<BTreeMap<_, _>>();
            let after = applied(&steps, world.clone());
            // What is wanted is there as it is wanted.
            for one in &wanted {
                prop_assert_eq!(after.get(&one.address), Some(&one.spec));
            }
            // What nobody manages and nobody wants is as it was; what was managed and is not wanted is gone.
            for (n, _) in have.iter().filter(|(n, _)| !want.contains_key(n)) {
                let expected = (!before.contains_key(n)).then(|| &world[&address(*n)]);
                prop_assert_eq!(after.get(&address(*n)), expected);
            }
            // A second plan keeps everything.
            let now: Vec<Actual> = after.iter().map(|(a, s)| Actual { address: a.clone(), spec: s.clone(), permanent: false }).collect();
            let known: Vec<Managed> = wanted.iter().map(|one| Managed {
                address: one.address.clone(), applied: one.spec.clone(), needs: one.needs.clone() }).collect();
            let second = plan(&wanted, &now, &known).expect("the same edges");
            prop_assert!(second.iter().all(|step| step.action == Action::Keep));
            prop_assert!(crate::infra::drift(&known, &now).is_empty());
            // And nothing wanted takes all of it away, in an order that can be followed.
            let last = plan(&[], &now, &known).expect("no edges");
            prop_assert!(last.iter().all(|step| step.action == Action::Delete));
            for (place, step) in last.iter().enumerate() {
                prop_assert!(step.waits_for.iter().all(|first| *first < place));
            }
        }
    }
}
