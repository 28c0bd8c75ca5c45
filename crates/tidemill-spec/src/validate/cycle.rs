//! Steps that wait for each other.

use std::collections::HashMap;

use indexmap::IndexMap;

/// A circle of names, the first repeated at the end; `None` where every step can run some day.
pub(super) fn find_cycle<'g>(graph: &IndexMap<&'g str, Vec<&'g str>>) -> Option<Vec<&'g str>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Open,
        Done,
    }
    let mut marks: HashMap<&str, Mark> = HashMap::new();
    for start in graph.keys() {
        // A walk with its own stack, so that long chains do not overflow the machine's.
        let mut stack: Vec<(&'g str, usize)> = vec![(start, 0)];
        while let Some((name, next)) = stack.last().copied() {
            if next == 0 {
                if marks.get(name) == Some(&Mark::Done) {
                    stack.pop();
                    continue;
                }
                marks.insert(name, Mark::Open);
            }
            let needed = graph.get(name).and_then(|needs| needs.get(next).copied());
            if let Some(top) = stack.last_mut() {
                top.1 += 1;
            }
            match needed {
                Some(needed) if marks.get(needed) == Some(&Mark::Open) => {
                    let from = stack.iter().position(|(name, _)| *name == needed)?;
                    let mut circle: Vec<&str> = stack[from..].iter().map(|(name, _)| *name).collect();
                    // The walk goes from a step to what it needs; people read the way that data flows.
                    circle.reverse();
                    circle.push(circle[0]);
                    return Some(circle);
                }
                Some(needed) => stack.push((needed, 0)),
                None => {
                    marks.insert(name, Mark::Done);
                    stack.pop();
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_circles_and_only_those() {
        let graph: IndexMap<&str, Vec<&str>> = [
            ("a", vec!["b"]),
            ("b", vec!["c"]),
            ("c", vec!["a"]),
            ("d", vec!["a"]),
        ]
        .into_iter()
        .collect();
        let circle = find_cycle(&graph).expect("a circle");
        assert_eq!(circle.len(), 4);
        assert_eq!(circle.first(), circle.last());
        let line: IndexMap<&str, Vec<&str>> = [("a", vec!["b", "c"]), ("b", vec!["c"]), ("c", vec![])]
            .into_iter()
            .collect();
        assert_eq!(find_cycle(&line), None);
        let own: IndexMap<&str, Vec<&str>> = [("a", vec!["a"])].into_iter().collect();
        assert_eq!(find_cycle(&own), Some(vec!["a", "a"]));
    }
}
