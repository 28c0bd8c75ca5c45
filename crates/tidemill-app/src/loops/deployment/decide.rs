//! What to do next for a deployment: pure, from the instances there shall be and those there are.
//!
//! New instances are ready before old ones leave, so that at every moment as many answer as shall.

/// How an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is started, and has not answered yet.
    Coming,
    /// It answers.
    Ready,
    /// It answered once, and does not now.
    Unready,
    /// It finishes what it has, and ends.
    Leaving,
}

/// An instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) number: i64,
    pub(super) generation: i64,
    pub(super) stage: Stage,
}

/// What there shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    /// The generation that shall answer.
    pub(super) generation: i64,
    /// How many of it.
    pub(super) wanted: usize,
    /// None may be started before its time has come: the last ones failed.
    pub(super) may_start: bool,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Start one instance of the generation.
    Start,
    /// Give this one no more requests, and end it.
    Leave(i64),
}

/// What to do now.
pub(super) fn decide(wish: &Wish, seen: &[Seen]) -> Vec<Step> {
    let here = seen.iter().filter(|one| one.stage != Stage::Leaving);
    let (current, old): (Vec<&Seen>, Vec<&Seen>) = here.partition(|one| one.generation == wish.generation);
    let ready = |of: &[&Seen]| of.iter().filter(|one| one.stage == Stage::Ready).count();
    let (ready_current, ready_old) = (ready(&current), ready(&old));
    let mut steps = Vec::new();
    let surplus = current.len().saturating_sub(wish.wanted);
    let mut leaving = current.clone();
    // First those that do not answer, then the youngest.
    leaving.sort_by_key(|one| (one.stage == Stage::Ready, -one.number));
    steps.extend(leaving.iter().take(surplus).map(|one| Step::Leave(one.number)));
    // What does not answer and is of yesterday is of no use.
    let useless = old.iter().filter(|one| one.stage != Stage::Ready);
    steps.extend(useless.map(|one| Step::Leave(one.number)));
    let spare = (ready_current + ready_old)
        .saturating_sub(wish.wanted)
        .min(ready_old);
    let mut oldest: Vec<&&Seen> = old.iter().filter(|one| one.stage == Stage::Ready).collect();
    oldest.sort_by_key(|one| one.number);
    steps.extend(oldest.iter().take(spare).map(|one| Step::Leave(one.number)));
    let missing = wish.wanted.saturating_sub(current.len());
    let coming = current.iter().filter(|one| one.stage == Stage::Coming).count();
    let starts = match (wish.may_start, ready_old) {
        (false, _) => 0,
        (true, 0) => missing,
        // While old ones answer, one comes at a time: there is room for one more than there shall be.
        (true, _) => missing.min(1_usize.saturating_sub(coming)),
    };
    steps.extend(std::iter::repeat_n(Step::Start, starts));
    steps
}

/// Whether all is as it shall be.
pub(super) fn is_up(wish: &Wish, seen: &[Seen]) -> bool {
    let here = || seen.iter().filter(|one| one.stage != Stage::Leaving);
    let ready = here().filter(|one| one.generation == wish.generation && one.stage == Stage::Ready);
    ready.count() == wish.wanted && here().count() == wish.wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(generation: i64, wanted: usize) -> Wish {
        Wish {
            generation,
            wanted,
            may_start: true,
        }
    }

    fn seen(all: &[(i64, i64, Stage)]) -> Vec<Seen> {
        let one = |(number, generation, stage): &(i64, i64, Stage)| Seen {
            number: *number,
            generation: *generation,
            stage: *stage,
        };
        all.iter().map(one).collect()
    }

    use Stage::{Coming, Leaving, Ready, Unready};

    #[test]
    fn what_is_missing_is_started_and_what_is_too_much_leaves() {
        assert_eq!(decide(&wish(1, 2), &[]), [Step::Start, Step::Start]);
        assert_eq!(decide(&wish(1, 2), &seen(&[(1, 1, Coming), (2, 1, Ready)])), []);
        let three = seen(&[(1, 1, Ready), (2, 1, Coming), (3, 1, Ready)]);
        assert_eq!(decide(&wish(1, 2), &three), [Step::Leave(2)]);
        assert_eq!(decide(&wish(1, 1), &three), [Step::Leave(2), Step::Leave(3)]);
        assert_eq!(decide(&wish(1, 0), &three).len(), 3);
        let later = Wish {
            may_start: false,
            ..wish(1, 2)
        };
        assert_eq!(decide(&later, &[]), []);
    }

    /// Plays a roll-out to its end, each instance coming up when its turn is, and gives the fewest that answered.
    fn play(wanted: usize, start: Vec<Seen>) -> (usize, usize) {
        let wish = wish(2, wanted);
        let mut all = start;
        let (mut fewest, mut most, mut number) = (usize::MAX, 0, 100);
        for _ in 0..50 {
            if is_up(&wish, &all) {
                return (fewest, most);
            }
            for step in decide(&wish, &all) {
                match step {
                    Step::Start => {
                        number += 1;
                        all.push(Seen {
                            number,
                            generation: 2,
                            stage: Coming,
                        });
                    }
                    Step::Leave(number) => all.retain(|one| one.number != number),
                }
            }
            fewest = fewest.min(all.iter().filter(|one| one.stage == Ready).count());
            most = most.max(all.len());
            if let Some(one) = all.iter_mut().find(|one| one.stage == Coming) {
                one.stage = Ready;
            }
        }
        panic!("it never ends: {all:?}");
    }

    #[test]
    fn a_roll_out_never_has_fewer_that_answer_and_takes_room_for_one_more() {
        for wanted in 1..5 {
            let old: Vec<_> = (1..=wanted as i64).map(|number| (number, 1, Ready)).collect();
            assert_eq!(play(wanted, seen(&old)), (wanted, wanted + 1), "{wanted}");
        }
        // With more or fewer at the same time.
        assert_eq!(play(1, seen(&[(1, 1, Ready), (2, 1, Ready), (3, 1, Ready)])).0, 1);
        assert_eq!(play(4, seen(&[(1, 1, Ready), (2, 1, Ready)])).0, 2);
    }

    #[test]
    fn old_ones_that_do_not_answer_make_room_at_once() {
        let steps = decide(
            &wish(2, 2),
            &seen(&[(1, 1, Unready), (2, 1, Coming), (3, 1, Leaving)]),
        );
        assert_eq!(steps, [Step::Leave(1), Step::Leave(2), Step::Start, Step::Start]);
    }

    #[test]
    fn it_is_up_when_only_what_shall_be_is_there() {
        assert!(is_up(&wish(2, 1), &seen(&[(5, 2, Ready), (1, 1, Leaving)])));
        assert!(!is_up(&wish(2, 1), &seen(&[(5, 2, Ready), (1, 1, Ready)])));
        assert!(!is_up(&wish(2, 1), &seen(&[(5, 2, Unready)])));
    }
}
