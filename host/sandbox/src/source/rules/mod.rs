//! The source check: finds what cannot work here before anything runs, to say so where it stands.
//!
//! It is no wall. What it does not see fails when it runs, because the engine and the sandbox do not
//! have it. So it leaves out whatever may be meant well: names that the program declares, asks after
//! with `typeof` or provides itself.
//!
//! The rules read the tree in one walk, after names are resolved.

mod findings;
mod globals;
mod loops;
mod modules;
mod unsupported;

use oxc::ast::ast::{
    AccessorProperty, ArrowFunctionExpression, AssignmentExpression, AwaitExpression,
    BreakStatement, CallExpression, ContinueStatement, Decorator, DoWhileStatement,
    ExportAllDeclaration, ExportFromDeclaration, Expression, ForInStatement, ForOfStatement,
    ForStatement, Function, IdentifierReference, ImportDeclaration, ImportExpression,
    LabeledStatement, NewExpression, Program, ReturnStatement, SwitchStatement, TSExportAssignment,
    TSImportEqualsDeclaration, TSNamespaceDeclaration, ThrowStatement, UnaryExpression,
    WhileStatement, YieldExpression,
};
use oxc::ast_visit::{Visit, walk};
use oxc::semantic::Scoping;
use oxc::span::{GetSpan, Span};
use oxc::syntax::operator::UnaryOperator;
use oxc::syntax::scope::ScopeFlags;

pub use findings::{Finding, Findings};

use globals::Globals;
use loops::Loops;

/// What the rules find in `program`, whose names `scoping` has resolved.
pub fn find<'a>(program: &Program<'a>, scoping: &Scoping) -> Findings {
    let mut walker = Walker {
        findings: Findings::default(),
        globals: Globals::new(scoping),
        loops: Loops::default(),
        namespaces: 0,
    };
    walker.visit_program(program);
    walker.globals.report(&mut walker.findings);
    walker.findings
}

/// Brings each node to the rules that read it.
struct Walker<'a, 's> {
    findings: Findings,
    globals: Globals<'s>,
    loops: Loops<'a>,
    /// How many namespaces are open.
    namespaces: usize,
}

impl<'a> Walker<'a, '_> {
    fn leave(&mut self) {
        self.loops.leave(&mut self.findings);
    }
}

impl<'a> Visit<'a> for Walker<'a, '_> {
    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.globals.used(name);
    }

    fn visit_unary_expression(&mut self, expression: &UnaryExpression<'a>) {
        match (&expression.operator, &expression.argument) {
            (UnaryOperator::Typeof, Expression::Identifier(name)) => self.globals.asked(name),
            _ => walk::walk_unary_expression(self, expression),
        }
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        self.globals.assigned(&assignment.left);
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        self.globals
            .called(&call.callee, &call.arguments, &mut self.findings);
        walk::walk_call_expression(self, call);
    }

    fn visit_new_expression(&mut self, new: &NewExpression<'a>) {
        self.globals
            .called(&new.callee, &new.arguments, &mut self.findings);
        walk::walk_new_expression(self, new);
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        modules::import_declaration(import, &mut self.findings);
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        modules::export_all(export, &mut self.findings);
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        modules::export_from(export, &mut self.findings);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        modules::import_expression(import, &mut self.findings);
        walk::walk_import_expression(self, import);
    }

    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        modules::import_equals(import, &mut self.findings);
    }

    fn visit_ts_export_assignment(&mut self, export: &TSExportAssignment<'a>) {
        unsupported::export_assignment(export, &mut self.findings);
    }

    fn visit_accessor_property(&mut self, accessor: &AccessorProperty<'a>) {
        unsupported::accessor(accessor, &mut self.findings);
    }

    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        unsupported::decorator(decorator, &mut self.findings);
    }

    fn visit_ts_namespace_declaration(&mut self, namespace: &TSNamespaceDeclaration<'a>) {
        self.namespaces += 1;
        if unsupported::namespace(namespace, self.namespaces, &mut self.findings) {
            walk::walk_ts_namespace_declaration(self, namespace);
        }
        self.namespaces -= 1;
    }

    fn visit_while_statement(&mut self, statement: &WhileStatement<'a>) {
        let endless = loops::is_always_true(&statement.test);
        self.loops
            .enter_loop(endless.then_some(keyword(statement, "while")));
        walk::walk_while_statement(self, statement);
        self.leave();
    }

    fn visit_do_while_statement(&mut self, statement: &DoWhileStatement<'a>) {
        let endless = loops::is_always_true(&statement.test);
        self.loops
            .enter_loop(endless.then_some(keyword(statement, "do")));
        walk::walk_do_while_statement(self, statement);
        self.leave();
    }

    fn visit_for_statement(&mut self, statement: &ForStatement<'a>) {
        // Its beginning is not repeated.
        if let Some(init) = &statement.init {
            self.visit_for_statement_init(init);
        }
        let endless = statement.test.as_ref().is_none_or(loops::is_always_true);
        self.loops
            .enter_loop(endless.then_some(keyword(statement, "for")));
        if let Some(test) = &statement.test {
            self.visit_expression(test);
        }
        if let Some(update) = &statement.update {
            self.visit_expression(update);
        }
        self.visit_statement(&statement.body);
        self.leave();
    }

    fn visit_for_in_statement(&mut self, statement: &ForInStatement<'a>) {
        self.loops.enter_loop(None);
        walk::walk_for_in_statement(self, statement);
        self.leave();
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        if statement.r#await {
            self.loops.suspends_or_returns();
        }
        self.loops.enter_loop(None);
        walk::walk_for_of_statement(self, statement);
        self.leave();
    }

    fn visit_switch_statement(&mut self, statement: &SwitchStatement<'a>) {
        self.loops.enter_switch();
        walk::walk_switch_statement(self, statement);
        self.leave();
    }

    fn visit_labeled_statement(&mut self, statement: &LabeledStatement<'a>) {
        self.loops.enter_label(statement.label.name.as_str());
        walk::walk_labeled_statement(self, statement);
        self.leave();
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.loops.enter_function();
        walk::walk_function(self, function, flags);
        self.leave();
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.loops.enter_function();
        walk::walk_arrow_function_expression(self, function);
        self.leave();
    }

    fn visit_break_statement(&mut self, statement: &BreakStatement<'a>) {
        let label = statement.label.as_ref();
        self.loops.breaks(label.map(|label| label.name.as_str()));
    }

    fn visit_continue_statement(&mut self, statement: &ContinueStatement<'a>) {
        if let Some(label) = &statement.label {
            self.loops.continues(label.name.as_str());
        }
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        self.loops.suspends_or_returns();
        walk::walk_return_statement(self, statement);
    }

    fn visit_throw_statement(&mut self, statement: &ThrowStatement<'a>) {
        self.loops.suspends_or_returns();
        walk::walk_throw_statement(self, statement);
    }

    fn visit_await_expression(&mut self, expression: &AwaitExpression<'a>) {
        self.loops.suspends_or_returns();
        walk::walk_await_expression(self, expression);
    }

    fn visit_yield_expression(&mut self, expression: &YieldExpression<'a>) {
        self.loops.suspends_or_returns();
        walk::walk_yield_expression(self, expression);
    }
}

/// The place of the word that a statement begins with: the statement itself may be as long as the
/// program.
fn keyword(statement: &impl GetSpan, word: &str) -> Span {
    Span::sized(statement.span().start, word.len() as u32)
}
