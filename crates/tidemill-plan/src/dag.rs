//! A directed graph without cycles, over the names of a pipeline's steps.

use indexmap::IndexMap;

/// What is wrong with a graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DagError {
    /// Steps that wait for each other, in order, the first one again at the end.
    #[error("failed to order the steps: they wait for each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// A step waits for one that is not there.
    #[error(
        "failed to order the steps: `{step}` waits for `{missing}`, which is not a step of this pipeline"
    )]
    Unknown {
        /// The step.
        step: String,
        /// What it waits for.
        missing: String,
    },
}

/// Steps, numbered in the order given, and who waits for whom.
#[derive(Debug, Clone)]
pub struct Dag {
    names: Vec<String>,
    upstream: Vec<Vec<usize>>,
    downstream: Vec<Vec<usize>>,
}

impl Dag {
    /// Makes the graph of `step → the steps that it waits for`.
    ///
    /// # Errors
    /// For a step that is not there, and for a cycle, which is named.
    pub fn new(waits_for: &IndexMap<String, Vec<String>>) -> Result<Self, DagError> {
        let mut upstream = Vec::with_capacity(waits_for.len());
        let mut downstream = vec![Vec::new(); waits_for.len()];
        for (index, (step, names)) in waits_for.iter().enumerate() {
            let mut found = Vec::new();
            for name in names {
                let at = waits_for.get_index_of(name).ok_or_else(|| DagError::Unknown {
                    step: step.clone(),
                    missing: name.clone(),
                })?;
                if !found.contains(&at) {
                    found.push(at);
                    downstream[at].push(index);
                }
            }
            upstream.push(found);
        }
        let dag = Self {
            names: waits_for.keys().cloned().collect(),
            upstream,
            downstream,
        };
        match dag.cycle() {
            Some(cycle) => Err(DagError::Cycle(cycle)),
            None => Ok(dag),
        }
    }

    /// How many steps.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a step.
    pub fn name(&self, step: usize) -> &str {
        &self.names[step]
    }

    /// The steps that a step waits for.
    pub fn upstream(&self, step: usize) -> &[usize] {
        &self.upstream[step]
    }

    /// The steps that wait for a step.
    pub fn downstream(&self, step: usize) -> &[usize] {
        &self.downstream[step]
    }

    /// A cycle, if there is one: what Kahn's algorithm cannot take away, walked upstream until it closes.
    fn cycle(&self) -> Option<Vec<String>> {
        let mut waits: Vec<usize> = self.upstream.iter().map(Vec::len).collect();
        let mut free: Vec<usize> = (0..self.len()).filter(|step| waits[*step] == 0).collect();
        while let Some(step) = free.pop() {
            for next in &self.downstream[step] {
                waits[*next] -= 1;
                if waits[*next] == 0 {
                    free.push(*next);
                }
            }
        }
        let mut at = waits.iter().position(|count| *count > 0)?;
        let mut path = Vec::new();
        while !path.contains(&at) {
            path.push(at);
            at = *self.upstream[at].iter().find(|up| waits[**up] > 0)?;
        }
        let start = path.iter().position(|step| *step == at)?;
        let mut names: Vec<String> = path[start..]
            .iter()
            .rev()
            .map(|step| self.names[*step].clone())
            .collect();
        names.push(names[0].clone());
        Some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dag(edges: &[(&str, &[&str])]) -> Result<Dag, DagError> {
        Dag::new(
            &edges
                .iter()
                .map(|(a, b)| ((*a).into(), b.iter().map(|b| (*b).into()).collect()))
                .collect(),
        )
    }

    #[test]
    fn a_cycle_is_named_step_by_step() {
        let error =
            dag(&[("free", &[]), ("a", &["c"]), ("b", &["a"]), ("c", &["b", "free"])]).expect_err("a cycle");
        let DagError::Cycle(names) = error else {
            panic!("{error}")
        };
        assert_eq!(names.len(), 4);
        assert_eq!(names.first(), names.last());
    }

    #[test]
    fn a_step_that_waits_for_itself_is_a_cycle() {
        assert_eq!(
            dag(&[("a", &["a"])]).expect_err("a cycle"),
            DagError::Cycle(vec!["a".into(), "a".into()])
        );
    }

    #[test]
    fn a_missing_step_is_named() {
        let error = dag(&[("a", &["b"])]).expect_err("b is not there");
        assert_eq!(
            error,
            DagError::Unknown {
                step: "a".into(),
                missing: "b".into()
            }
        );
    }
}
