//! Tools of other servers, by pattern: `server.tool`.

use std::fmt;

use super::Pattern;

/// Tools of servers. The first dot ends the server's name, as it does in the operator's own rules; without one all tools
/// of a server are meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolPattern {
    /// The servers.
    pub server: Pattern,
    /// Their tools.
    pub tool: Pattern,
}

impl ToolPattern {
    /// Reads `server.tool` or `server`.
    ///
    /// # Errors
    /// Says which part of it is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (server, tool) = text.split_once('.').unwrap_or((text, "*"));
        let part = |part: &str, what: &str| {
            Pattern::parse(part).map_err(|why| format!("of its {what}, {why}"))
        };
        Ok(Self {
            server: part(server, "server")?,
            tool: part(tool, "tool")?,
        })
    }

    /// Whether it stands for this tool of this server.
    pub fn matches(&self, server: &str, tool: &str) -> bool {
        self.server.matches(server) && self.tool.matches(tool)
    }

    /// Whether it stands for everything that `other` stands for.
    pub fn covers(&self, other: &Self) -> bool {
        self.server.covers(&other.server) && self.tool.covers(&other.tool)
    }

    /// Patterns that together stand for exactly what both stand for.
    pub fn intersect(&self, other: &Self) -> Vec<Self> {
        let tools = self.tool.intersect(&other.tool);
        let servers = self.server.intersect(&other.server);
        let pairs = servers.into_iter().flat_map(|server| {
            tools.iter().map(move |tool| Self {
                server: server.clone(),
                tool: tool.clone(),
            })
        });
        pairs.collect()
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.server, self.tool)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_server_alone_means_all_its_tools() {
        let pattern = ToolPattern::parse("github").unwrap();
        assert_eq!(pattern.to_string(), "github.*");
        assert!(pattern.matches("github", "a.b"));
        assert!(!pattern.matches("gitlab", "a"));
        for wrong in ["", ".a", "a.", "*.*.*.*", "a.{b,c}"] {
            assert!(ToolPattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn an_intersection_is_exact(
            one in "[ab]?\\*?[ab]?\\.[ab]?\\*?[ab]?", other in "[ab]?\\*?[ab]?\\.[ab]?\\*?[ab]?",
            server in "[ab]{0,3}", tool in "[ab]{0,3}",
        ) {
            if let (Ok(one), Ok(other)) = (ToolPattern::parse(&one), ToolPattern::parse(&other)) {
                let is_in_both = one.matches(&server, &tool) && other.matches(&server, &tool);
                let both = one.intersect(&other);
                prop_assert_eq!(both.iter().any(|both| both.matches(&server, &tool)), is_in_both);
            }
        }
    }
}
