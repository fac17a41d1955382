//! What came before: by it, `/` divides or begins a regular expression.

/// The kinds of tokens, by what a `/` after them means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// Ends an operand: `/` divides, unless a line ends in between, where a statement may end too.
    Operand,
    /// Wants an operand: `/` begins a regular expression.
    Operator,
    /// `.` or `#`: a word that follows is a name, whatever the word.
    Dot,
    /// `if` and the like: a statement follows the parentheses that come next.
    Control,
    /// One or the other, by rules that only a parser can apply.
    Unclear,
}

impl Previous {
    /// What `word` is, after `self`.
    pub fn of_word(self, word: &str) -> Self {
        if self == Self::Dot {
            return Self::Operand;
        }
        match word {
            "if" | "while" | "for" | "with" => Self::Control,
            // `for await (…)`.
            "await" if self == Self::Control => Self::Control,
            "return" | "case" | "typeof" | "instanceof" | "in" | "delete" | "throw" | "new"
            | "else" | "do" | "default" => Self::Operator,
            // Names in some places, types in others, or not followed by an operand at all.
            "await" | "yield" | "of" | "void" | "const" | "let" | "var" | "static" | "break"
            | "continue" | "debugger" | "class" | "function" | "enum" | "extends" | "import"
            | "export" | "switch" | "catch" | "try" | "finally" => Self::Unclear,
            _ => Self::Operand,
        }
    }

    /// What `++`, `--` or `!` is after `self`: part of the operand that ended, or the beginning of
    /// one.
    pub fn of_postfix(self, after_line: bool, as_prefix: Self) -> Self {
        match self {
            Self::Operand if !after_line => Self::Operand,
            Self::Operand | Self::Operator => as_prefix,
            Self::Dot | Self::Control | Self::Unclear => Self::Unclear,
        }
    }
}
