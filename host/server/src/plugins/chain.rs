//! Which calls of plugins wait for one another. Bounded, since each has an instance, and without circles, since none of
//! these would end before its limits.

use vesicle_sandbox::NESTED_DEPTH_MAX;

use super::shelf::Named;

/// How many calls of plugins may wait for one another, the last one included.
pub const DEPTH_MAX: usize = NESTED_DEPTH_MAX;

/// The calls that wait, outermost first.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    /// Whether a program waits for the first of them.
    of_program: bool,
    calls: Vec<Named>,
}

/// Why a plugin is not called by another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// It waits for itself.
    #[error("plugins call each other in a circle: {0}; one of them has to answer without the next")]
    Circle(String),
    /// Too many wait.
    #[error("plugins call each other {} deep, and {DEPTH_MAX} calls may wait for one another: {chain}", DEPTH_MAX + 1)]
    TooDeep {
        /// All of them.
        chain: String,
    },
}

impl Chain {
    /// That of a program.
    pub fn of_program() -> Self {
        Self {
            of_program: true,
            calls: Vec::new(),
        }
    }

    /// How many executions wait.
    pub fn depth(&self) -> usize {
        self.calls.len() + usize::from(self.of_program)
    }

    /// This chain, with one more call.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub fn with(&self, named: &Named) -> Result<Self, ChainError> {
        let mut chain = self.clone();
        chain.calls.push(named.clone());
        let told = || {
            let names: Vec<String> = chain.calls.iter().map(Named::text).collect();
            names.join(" → ")
        };
        if self.calls.contains(named) {
            return Err(ChainError::Circle(told()));
        }
        match chain.calls.len() > DEPTH_MAX {
            true => Err(ChainError::TooDeep { chain: told() }),
            false => Ok(chain),
        }
    }
}

#[cfg(test)]
mod tests {
    use vesicle_plugins::name::PluginName;

    use super::*;

    fn named(plugin: &str) -> Named {
        Named {
            plugin: PluginName::parse(plugin).unwrap(),
            tool: "run".to_owned(),
        }
    }

    #[test]
    fn a_chain_has_an_end() {
        let names = ["a", "b", "c", "d", "e"];
        assert_eq!(names.len(), DEPTH_MAX + 1);
        let mut chain = Chain::of_program();
        for name in &names[..DEPTH_MAX] {
            chain = chain.with(&named(name)).unwrap();
        }
        assert_eq!(chain.depth(), DEPTH_MAX + 1);
        let deep = chain.with(&named(names[DEPTH_MAX])).unwrap_err();
        insta::assert_snapshot!(deep, @"plugins call each other 5 deep, and 4 calls may wait for one another: a.run → b.run → c.run → d.run → e.run");
    }

    #[test]
    fn a_circle_is_shown() {
        let chain = Chain::default().with(&named("a")).unwrap();
        let chain = chain.with(&named("b")).unwrap();
        insta::assert_snapshot!(chain.with(&named("a")).unwrap_err(), @"plugins call each other in a circle: a.run → b.run → a.run; one of them has to answer without the next");
    }
}
