//! Syntax that is valid and that the engine does not know.

use oxc::ast::ast::{AccessorProperty, Decorator, TSExportAssignment, TSNamespaceDeclaration};
use oxc::span::GetSpan;

use super::findings::Findings;

/// How deep namespaces may nest; each `.` in a name nests one more. What is made of them grows with
/// the square of the depth.
const NAMESPACES_MAX: usize = 100;

/// `export = value`.
pub fn export_assignment(export: &TSExportAssignment<'_>, findings: &mut Findings) {
    findings.unsupported(
        export.span,
        "`export =` is not supported; use `export default`",
    );
}

/// `accessor field`.
pub fn accessor(accessor: &AccessorProperty<'_>, findings: &mut Findings) {
    findings.unsupported(
        accessor.span,
        "`accessor` fields are not supported; write `get` and `set`, or a plain field",
    );
}

/// `@decorator`.
pub fn decorator(decorator: &Decorator<'_>, findings: &mut Findings) {
    findings.unsupported(
        decorator.span,
        "decorators are not supported; wrap the class or method in a function instead",
    );
}

/// A namespace in `depth - 1` others. Answers whether it is not too deep.
pub fn namespace(
    namespace: &TSNamespaceDeclaration<'_>,
    depth: usize,
    findings: &mut Findings,
) -> bool {
    let fits = depth <= NAMESPACES_MAX;
    if !fits {
        findings.unsupported(namespace.id.span(), "namespaces nest more than 100 deep");
    }
    fits
}
