//! Finds what the sandbox does not have, before it is run, to say so where it stands.

use oxc::ast::ast::{
    AccessorProperty, Decorator, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, Program, TSExportAssignment, TSImportEqualsDeclaration,
    TSModuleReference, TSNamespaceDeclaration,
};
use oxc::ast_visit::{Visit, walk};
use oxc::span::{GetSpan, Span};

/// How deep namespaces may nest; each `.` in a name nests one more. What is made of them grows with
/// the square of the depth.
const NAMESPACES_MAX: usize = 100;

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
    namespaces: usize,
}

impl Finder {
    fn import(&mut self, span: Span, name: Option<&str>) {
        let name = name.map(str::to_owned);
        self.finding.get_or_insert(Finding::Import { span, name });
    }

    fn unsupported(&mut self, span: Span, what: &'static str) {
        self.finding
            .get_or_insert(Finding::Unsupported { span, what });
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
            Expression::TemplateLiteral(literal) => {
                literal.single_quasi().map(|quasi| quasi.as_str())
            }
            _ => None,
        };
        self.import(import.source.span(), name);
    }

    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        if let TSModuleReference::ExternalModuleReference(module) = &import.module_reference
            && !import.import_kind.is_type()
        {
            let literal = &module.expression;
            self.import(literal.span, Some(&literal.value));
        }
    }

    fn visit_ts_export_assignment(&mut self, export: &TSExportAssignment<'a>) {
        self.unsupported(
            export.span,
            "`export =` is not supported; use `export default`",
        );
    }

    fn visit_accessor_property(&mut self, accessor: &AccessorProperty<'a>) {
        self.unsupported(
            accessor.span,
            "`accessor` fields are not supported; write `get` and `set`, or a plain field",
        );
    }

    fn visit_ts_namespace_declaration(&mut self, namespace: &TSNamespaceDeclaration<'a>) {
        self.namespaces += 1;
        match self.namespaces > NAMESPACES_MAX {
            true => self.unsupported(namespace.id.span(), "namespaces nest more than 100 deep"),
            false => walk::walk_ts_namespace_declaration(self, namespace),
        }
        self.namespaces -= 1;
    }

    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.unsupported(
            decorator.span,
            "decorators are not supported; wrap the class or method in a function instead",
        );
    }
}
