//! In which order the operations of a batch can run.

use std::collections::{HashMap, VecDeque};

use vesicle_memory::Error;

use super::{Operation, references};

/// Which operations wait for which.
#[derive(Debug)]
pub struct Plan {
    /// Those that may begin, in the order in which they were sent.
    ready: VecDeque<usize>,
    /// Of each, how many it waits for; none once it will not be tried.
    waits: Vec<Option<usize>>,
    /// Of each, those that wait for it.
    dependents: Vec<Vec<usize>>,
}

impl Plan {
    /// The plan of these operations. What one refers to, it also depends on.
    ///
    /// # Errors
    /// An id is there twice, a dependency is none of the operations, or they depend on each other in a
    /// circle.
    pub fn of(operations: &[Operation]) -> Result<Self, Error> {
        let mut places = HashMap::new();
        for (at, operation) in operations.iter().enumerate() {
            if operation.id.is_empty() || operation.id.contains('.') {
                return Err(Error::Invalid(format!(
                    "the id {:?} of an operation is empty or has a dot in it; send another",
                    operation.id
                )));
            }
            if places.insert(operation.id.as_str(), at).is_some() {
                return Err(Error::Invalid(format!(
                    "two operations have the id `{}`; give each its own",
                    operation.id
                )));
            }
        }
        let mut waits = vec![Some(0); operations.len()];
        let mut dependents = vec![Vec::new(); operations.len()];
        for (at, operation) in operations.iter().enumerate() {
            let mut needed: Vec<&str> = operation.depends_on.iter().map(String::as_str).collect();
            references::named(&operation.arguments, &mut needed);
            needed.sort_unstable();
            needed.dedup();
            for id in needed {
                let Some(&on) = places.get(id) else {
                    return Err(Error::Invalid(format!(
                        "the operation `{}` depends on `{id}`, which is none of the operations",
                        operation.id
                    )));
                };
                if let Some(list) = dependents.get_mut(on) {
                    list.push(at);
                }
                if let Some(Some(count)) = waits.get_mut(at) {
                    *count += 1;
                }
            }
        }
        let ready = (0..operations.len())
            .filter(|at| waits.get(*at) == Some(&Some(0)))
            .collect();
        let plan = Self {
            ready,
            waits,
            dependents,
        };
        plan.check(operations)?;
        Ok(plan)
    }

    /// That all of them can come to run.
    fn check(&self, operations: &[Operation]) -> Result<(), Error> {
        let mut trial = Self {
            ready: self.ready.clone(),
            waits: self.waits.clone(),
            dependents: self.dependents.clone(),
        };
        let mut is_reached = vec![false; operations.len()];
        while let Some(at) = trial.next() {
            if let Some(reached) = is_reached.get_mut(at) {
                *reached = true;
            }
            trial.succeeded(at);
        }
        let stuck = operations.iter().zip(is_reached);
        let stuck: Vec<&str> = stuck
            .filter(|(_, reached)| !reached)
            .map(|(operation, _)| operation.id.as_str())
            .collect();
        match stuck.is_empty() {
            true => Ok(()),
            false => Err(Error::Invalid(format!(
                "these operations depend on each other in a circle, or on one that does: {}; nothing was done",
                stuck.join(", ")
            ))),
        }
    }

    /// The next that may begin.
    pub fn next(&mut self) -> Option<usize> {
        self.ready.pop_front()
    }

    /// This one is done; what waited for it alone may begin.
    pub fn succeeded(&mut self, at: usize) {
        for dependent in self.dependents.get(at).cloned().unwrap_or_default() {
            let Some(Some(count)) = self.waits.get_mut(dependent) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                let place = self.ready.partition_point(|ready| *ready < dependent);
                self.ready.insert(place, dependent);
            }
        }
    }

    /// This one failed; those that depend on it will not be tried, each with the one that it waited for.
    pub fn failed(&mut self, at: usize) -> Vec<(usize, usize)> {
        let mut skipped = Vec::new();
        let mut queue = VecDeque::from([at]);
        while let Some(on) = queue.pop_front() {
            for dependent in self.dependents.get(on).cloned().unwrap_or_default() {
                let Some(waits @ Some(_)) = self.waits.get_mut(dependent) else {
                    continue;
                };
                *waits = None;
                skipped.push((dependent, on));
                queue.push_back(dependent);
            }
        }
        skipped
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::object;
    use serde_json::json;

    use super::*;

    fn operation(id: &str, depends_on: &[&str]) -> Operation {
        Operation {
            id: id.to_owned(),
            tool: "t".to_owned(),
            arguments: object(json!({})),
            depends_on: depends_on.iter().map(|&id| id.to_owned()).collect(),
        }
    }

    #[test]
    fn what_depends_comes_after() {
        let mut first = operation("c", &[]);
        first.arguments = object(json!({"x": ["$ops.b.result.y"]}));
        let operations = [first, operation("a", &[]), operation("b", &["a"])];
        let mut plan = Plan::of(&operations).unwrap();
        let mut order = Vec::new();
        while let Some(at) = plan.next() {
            order.push(at);
            plan.succeeded(at);
        }
        assert_eq!(order, [1, 2, 0]);
        let mut plan = Plan::of(&operations).unwrap();
        assert_eq!(plan.next(), Some(1));
        assert_eq!(plan.failed(1), [(2, 1), (0, 2)]);
        assert_eq!(plan.next(), None);
    }

    #[test]
    fn circles_and_unknown_names_are_refused() {
        let refused = |operations: &[Operation]| Plan::of(operations).unwrap_err().to_string();
        let circle = [
            operation("a", &["b"]),
            operation("b", &["a"]),
            operation("c", &[]),
        ];
        assert!(refused(&circle).contains("circle, or on one that does: a, b;"));
        assert!(refused(&[operation("a", &["a"])]).contains("circle"));
        assert!(refused(&[operation("a", &["z"])]).contains("`z`, which is none"));
        assert!(refused(&[operation("a", &[]), operation("a", &[])]).contains("the id `a`"));
        assert!(refused(&[operation("a.b", &[])]).contains("a dot"));
    }
}
