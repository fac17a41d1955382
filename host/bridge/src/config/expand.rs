//! `${VAR}`, `${VAR:-default}` and `${secret:NAME}` in the definitions of servers.
//!
//! A definition file may come from a repository that somebody else wrote. If it could name any variable, it could send
//! any secret of the environment to any server. So the operator names the variables that may be read, and secrets are
//! handed only to definitions that the operator wrote.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The variables that definitions may read.
#[derive(Clone)]
pub struct Variables {
    allowed: BTreeSet<String>,
    lookup: Arc<Lookup>,
    secrets: Option<Arc<Lookup>>,
}

/// What secrets are told apart from variables by.
const SECRET: &str = "secret:";

impl Variables {
    /// These variables of the process's environment.
    pub fn of_environment(allowed: impl IntoIterator<Item = String>) -> Self {
        Self::new(allowed, |name| std::env::var(name).ok())
    }

    /// These variables, from wherever `lookup` has them.
    pub fn new(
        allowed: impl IntoIterator<Item = String>,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            allowed: allowed.into_iter().collect(),
            lookup: Arc::new(lookup),
            secrets: None,
        }
    }

    /// The same, and secrets from wherever `lookup` has them.
    #[must_use]
    pub fn with_secrets(
        mut self,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.secrets = Some(Arc::new(lookup));
        self
    }

    /// No variables at all.
    pub fn none() -> Self {
        Self::new([], |_| None)
    }

    /// The text with its variables replaced, or what is wrong with it. What a variable holds is not expanded again.
    pub(super) fn expand(&self, text: &str) -> Result<String, String> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, reference)) = rest.split_once("${") {
            expanded.push_str(before);
            let (inner, after) = reference.split_once('}').ok_or_else(|| {
                format!("`${{{reference}` has no `}}`: write `${{NAME}}` or `${{NAME:-default}}`")
            })?;
            expanded.push_str(&self.value(inner)?);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn value(&self, inner: &str) -> Result<String, String> {
        if let Some(name) = inner.strip_prefix(SECRET) {
            return self.secret(name);
        }
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let is_name = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(format!(
                "`${{{inner}}}` names no variable: write `${{NAME}}` or `${{NAME:-default}}`"
            ));
        }
        if !self.allowed.contains(name) {
            return Err(format!(
                "the variable `{name}` may not be read: add it to `env_vars` under [tools] in vesicle.toml"
            ));
        }
        match ((self.lookup)(name), default) {
            // As in a shell, `:-` also stands in for a variable that is empty.
            (Some(value), None) => Ok(value),
            (Some(value), Some(_)) if !value.is_empty() => Ok(value),
            (_, Some(default)) => Ok(default.to_owned()),
            (None, None) => Err(format!(
                "the variable `{name}` is not set: set it, or give a default with `${{{name}:-default}}`"
            )),
        }
    }
}

impl Variables {
    fn secret(&self, name: &str) -> Result<String, String> {
        let Some(secrets) = &self.secrets else {
            return Err(format!(
                "the secret `{name}` may not be read here: only definitions in the host's own configuration have secrets"
            ));
        };
        secrets(name)
            .ok_or_else(|| format!("there is no secret `{name}`: say where it is, under [secrets]"))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        Variables::new(
            ["SET", "EMPTY", "UNSET", "NESTED"].map(str::to_owned),
            |name| {
                [
                    ("SET", "value"),
                    ("EMPTY", ""),
                    ("NESTED", "${SECRET}"),
                    ("SECRET", "secret"),
                ]
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
            },
        )
    }

    #[test]
    fn values_and_defaults() {
        for (text, expanded) in [
            ("plain $SET }", "plain $SET }"),
            ("a ${SET} b${SET}", "a value bvalue"),
            ("${UNSET:-other}", "other"),
            ("${UNSET:-}", ""),
            ("${EMPTY:-other}", "other"),
            ("${EMPTY}", ""),
            ("${SET:-other}", "value"),
            ("${NESTED}", "${SECRET}"),
        ] {
            assert_eq!(variables().expand(text).as_deref(), Ok(expanded), "{text}");
        }
    }

    #[test]
    fn secrets_are_read_where_they_are_given_and_nowhere_else() {
        let with = variables().with_secrets(|name| (name == "key").then(|| "${SECRET}".to_owned()));
        assert_eq!(
            with.expand("Bearer ${secret:key}").as_deref(),
            Ok("Bearer ${SECRET}")
        );
        assert!(
            with.expand("${secret:other}")
                .unwrap_err()
                .contains("no secret `other`")
        );
        assert!(
            variables()
                .expand("${secret:key}")
                .unwrap_err()
                .contains("may not be read here")
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("${SECRET}", "may not be read"),
            ("${SECRET:-x}", "may not be read"),
            ("${UNSET}", "not set"),
            ("${SET", "has no `}`"),
            ("${}", "names no variable"),
            ("${1A}", "names no variable"),
            ("${A B}", "names no variable"),
        ] {
            let problem = variables().expand(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
            assert!(!problem.contains("secret"), "{problem}");
        }
    }
}
