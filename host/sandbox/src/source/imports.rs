//! Finds what the sandbox does not have, before it is run, to say so where it stands.

use oxc::ast::ast::{
    Decorator, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportExpression, Program,
};
use oxc::ast_visit::Visit;
use oxc::span::{GetSpan, Span};

/// Something in a program that cannot work here.
pub enum Finding {
    /// A module from elsewhere, by its name where that is written out.
    Import { span: Span, name: Option<String> },
    /// The syntax is valid and the engine does not know it.
    Unsupported { span: Span, what: &'static str },
}

/// The first such thing in `program`.
pub fn find(program: &Program<'_>) -> Option<Finding> {
    let mut finder = Finder::default();
    finder.visit_program(program);
    finder.finding
}

#[derive(Default)]
struct Finder {
    finding: Option<Finding>,
}

impl Finder {
    fn import(&mut self, span: Span, name: Option<&str>) {
        let name = name.map(str::to_owned);
        self.finding.get_or_insert(Finding::Import { span, name });
    }
}

impl<'a> Visit<'a> for Finder {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if !import.import_kind.is_type() {
            self.import(import.source.span, Some(&import.source.value));
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.import(export.source.span, Some(&export.source.value));
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.import(export.source.span, Some(&export.source.value));
        }
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        let name = match &import.source {
            Expression::StringLiteral(literal) => Some(literal.value.as_str()),
            _ => None,
        };
        self.import(import.source.span(), name);
    }

    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.finding.get_or_insert(Finding::Unsupported {
            span: decorator.span,
            what: "decorators are not supported; wrap the class or method in a function instead",
        });
    }
}
