//! A manifest's tools are what it says of its component. Whether that is so can be seen only in the component; whoever
//! read it there compares here.

use serde_json::Value;

use super::{Offers, Tool};

/// A difference between what a manifest says of its component's tools and what they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Claim {
    /// The component has no such tool.
    #[error("the manifest has a tool `{0}`, and the component has none of that name")]
    Invented(String),
    /// The manifest leaves it out.
    #[error("the component has a tool `{0}`, which the manifest leaves out")]
    Hidden(String),
    /// Another schema.
    #[error("the manifest's schema of the {1} of `{0}` is not the component's")]
    Schema(String, &'static str),
    /// Other offers.
    #[error("the manifest has `offers = {0:?}`, and the component offers {1:?}")]
    Offers(Vec<&'static str>, Vec<&'static str>),
}

/// How what a manifest says to be offered beside tools differs from what is.
pub fn offers_differ(claimed: Offers, actual: Offers) -> Option<Claim> {
    (claimed != actual).then(|| Claim::Offers(claimed.names(), actual.names()))
}

/// How `claimed` differs from `actual`. Descriptions and signatures are the manifest's own; schemas are compared as JSON.
pub fn differences(claimed: &[Tool], actual: &[Tool]) -> Vec<Claim> {
    let named = |tools: &[Tool], name: &str| tools.iter().any(|tool| tool.name == name);
    let mut differences = Vec::new();
    for tool in claimed {
        let Some(other) = actual.iter().find(|other| other.name == tool.name) else {
            differences.push(Claim::Invented(tool.name.clone()));
            continue;
        };
        if !is_same(Some(&tool.input), Some(&other.input)) {
            differences.push(Claim::Schema(tool.name.clone(), "arguments"));
        }
        if !is_same(tool.output.as_deref(), other.output.as_deref()) {
            differences.push(Claim::Schema(tool.name.clone(), "result"));
        }
        if !is_same(tool.error.as_deref(), other.error.as_deref()) {
            differences.push(Claim::Schema(tool.name.clone(), "failures"));
        }
    }
    let hidden = actual.iter().filter(|tool| !named(claimed, &tool.name));
    differences.extend(hidden.map(|tool| Claim::Hidden(tool.name.clone())));
    differences
}

fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            one == other || json(one).is_some_and(|one| Some(one) == json(other))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, input: &str, output: Option<&str>) -> Tool {
        Tool {
            name: name.to_owned(),
            description: String::new(),
            signature: None,
            input: input.to_owned(),
            output: output.map(str::to_owned),
            error: output.map(|_| "{}".to_owned()),
        }
    }

    #[test]
    fn every_lie_about_tools_is_told() {
        let claimed = [
            tool("same", r#"{"a": 1, "b": 2}"#, None),
            tool("invented", "{}", None),
            tool("changed", r#"{"type":"object"}"#, Some("{}")),
        ];
        let actual = [
            tool("same", r#"{"b":2,"a":1}"#, None),
            tool("changed", r#"{"type":"string"}"#, None),
            tool("hidden", "{}", None),
        ];
        assert_eq!(
            differences(&claimed, &actual),
            [
                Claim::Invented("invented".to_owned()),
                Claim::Schema("changed".to_owned(), "arguments"),
                Claim::Schema("changed".to_owned(), "result"),
                Claim::Schema("changed".to_owned(), "failures"),
                Claim::Hidden("hidden".to_owned()),
            ]
        );
        assert_eq!(differences(&claimed[..1], &actual[..1]), []);
    }
}
