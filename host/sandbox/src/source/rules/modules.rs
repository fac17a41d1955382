//! Modules from elsewhere: none are granted.

use oxc::ast::ast::{
    ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration, ImportExpression,
    StringLiteral, TSImportEqualsDeclaration, TSModuleReference,
};
use oxc::span::{GetSpan, Span};

use super::findings::Findings;
use crate::outcome::ViolationType;

/// Why code that wants to start processes is not run.
pub const CHILD_PROCESS: &str = "the code asks for `child_process`, and no process can be started here; compute in the code itself, or call a granted tool through `tools`";

/// `import … from "module"`, types left out.
pub fn import_declaration(import: &ImportDeclaration<'_>, findings: &mut Findings) {
    if !import.import_kind.is_type() {
        named(&import.source, findings);
    }
}

/// `export * from "module"`.
pub fn export_all(export: &ExportAllDeclaration<'_>, findings: &mut Findings) {
    if !export.export_kind.is_type() {
        named(&export.source, findings);
    }
}

/// `export { … } from "module"`.
pub fn export_from(export: &ExportFromDeclaration<'_>, findings: &mut Findings) {
    if !export.export_kind.is_type() {
        named(&export.source, findings);
    }
}

/// `import("module")`, whatever is asked for.
pub fn import_expression(import: &ImportExpression<'_>, findings: &mut Findings) {
    module(import.source.span(), literal(&import.source), findings);
}

/// `import name = require("module")`.
pub fn import_equals(import: &TSImportEqualsDeclaration<'_>, findings: &mut Findings) {
    if let TSModuleReference::ExternalModuleReference(external) = &import.module_reference
        && !import.import_kind.is_type()
    {
        named(&external.expression, findings);
    }
}

/// The code asks for `child_process`, at `span`.
pub fn child_process(span: Span, findings: &mut Findings) {
    findings.violation(ViolationType::ChildProcess, span, || CHILD_PROCESS);
}

/// Whether this is Node.js's module for processes.
pub fn is_child_process(module: &str) -> bool {
    module.strip_prefix("node:").unwrap_or(module) == "child_process"
}

/// The text that `expression` is, where that is written out.
pub fn literal<'e>(expression: &'e Expression<'_>) -> Option<&'e str> {
    match expression {
        Expression::StringLiteral(literal) => Some(literal.value.as_str()),
        Expression::TemplateLiteral(literal) => literal.single_quasi().map(|quasi| quasi.as_str()),
        _ => None,
    }
}

fn named(source: &StringLiteral<'_>, findings: &mut Findings) {
    module(source.span, Some(&source.value), findings);
}

fn module(span: Span, name: Option<&str>, findings: &mut Findings) {
    match name {
        Some(name) if is_child_process(name) => child_process(span, findings),
        Some(name) => findings.violation(ViolationType::Import, span, || {
            format!(
                "the code imports `{name}`, and no modules are granted; use the globals, or put the code in"
            )
        }),
        None => findings.violation(ViolationType::Import, span, || {
            "the code imports a module, and no modules are granted; use the globals, or put the code in"
        }),
    }
}
