//! What a module exports: which of it are functions, and what keeps the rest from being tools.

use std::ops::Range;

use oxc::ast::ast::{
    Declaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportNamedDeclaration,
    Expression, Program, Statement,
};
use oxc::span::{GetSpan, Span};

use super::ScriptError;
use super::declarations::{Declarations, ValueDeclaration};
use super::edits::Edits;
use super::function::Callable;
use super::notes::Notes;
use super::offers::OfferedObject;
use super::schema::constant;

/// A function that a module exports.
pub struct Export<'p> {
    /// The tool's name.
    pub name: String,
    /// What the module calls it at its end.
    pub reference: String,
    pub callable: Callable<'p>,
    /// To which its comment belongs.
    pub start: u32,
}

/// Finds them all.
pub struct Exports<'w, 'p, 's> {
    pub declarations: &'w Declarations<'p>,
    pub notes: &'w mut Notes<'s>,
    pub edits: &'w mut Edits<'s>,
    pub found: Vec<Export<'p>>,
    /// What it offers beside tools.
    pub offered: Vec<OfferedObject<'p>>,
}

const GENERATOR: &str =
    "generators are no tools: a call has one answer; collect what it yields in an array";
const CLASS: &str = "classes are no tools; export functions that make and use what they need";
const NO_FUNCTION: &str =
    "this is not written out as a function, so it is no tool; export a function that calls it";
const OVERLOADED: &str =
    "a tool has one signature; leave the overloads out and write their types as a union";

impl<'p> Exports<'_, 'p, '_> {
    /// Looks through the module.
    ///
    /// # Errors
    /// When it exports from other modules, of which there are none.
    pub fn read(&mut self, program: &'p Program<'p>) -> Result<(), ScriptError> {
        for statement in &program.body {
            let start = statement.span().start;
            match statement {
                Statement::ExportDeclaration(export) => {
                    self.declaration(start, &export.declaration);
                }
                Statement::ExportNamedDeclaration(export) => self.list(export),
                Statement::ExportDefaultDeclaration(export) => self.default(program, export),
                Statement::ExportFromDeclaration(export) => {
                    return Err(self.elsewhere(export.span));
                }
                Statement::ExportAllDeclaration(export) => {
                    return Err(self.elsewhere(export.span));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn elsewhere(&self, span: Span) -> ScriptError {
        ScriptError::Refused {
            message: "a plugin is one file, and this exports from another; put the code in"
                .to_owned(),
            location: self.notes.place(range(span)),
        }
    }

    fn declaration(&mut self, start: u32, declaration: &'p Declaration<'p>) {
        match declaration {
            Declaration::FunctionDeclaration(function) => {
                if let Some(id) = function.id.as_ref().filter(|_| !function.declare) {
                    self.named(&id.name, &id.name, id.span, start);
                }
            }
            Declaration::VariableDeclaration(variables) if !variables.declare => {
                for variable in &variables.declarations {
                    for id in variable.id.get_binding_identifiers() {
                        self.named(&id.name, &id.name, id.span, start);
                    }
                }
            }
            Declaration::ClassDeclaration(class) => self.notes.add(range(head(class.span)), CLASS),
            _ => {}
        }
    }

    fn list(&mut self, export: &'p ExportNamedDeclaration<'p>) {
        if export.export_kind.is_type() {
            return;
        }
        for specifier in &export.specifiers {
            if specifier.export_kind.is_type() {
                continue;
            }
            let (local, exported) = (specifier.local.name(), specifier.exported.name());
            if exported == "default" {
                let place = range(specifier.exported.span());
                self.edits.rename(place);
                self.again(&local, specifier.span);
            } else {
                self.named(&local, &exported, specifier.span, specifier.span.start);
            }
        }
    }

    fn default(&mut self, program: &'p Program<'p>, export: &'p ExportDefaultDeclaration<'p>) {
        let start = export.span.start;
        let declared = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                function.id.as_ref().map(|id| id.name.as_str())
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                class.id.as_ref().map(|id| id.name.as_str())
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {
                return self.edits.without_default(program, export);
            }
            _ => None,
        };
        if let Some(declared) = declared {
            self.edits.without_default(program, export);
            return self.again(declared, head(export.span));
        }
        let reference = self.edits.with_variable(program, export);
        let function = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                match function.generator {
                    true => Err(GENERATOR),
                    false => Ok(Callable::of_function(function)),
                }
            }
            ExportDefaultDeclarationKind::ClassDeclaration(_) => Err(CLASS),
            declaration => match declaration.as_expression() {
                Some(Expression::Identifier(id)) => return self.again(&id.name, id.span),
                Some(expression) => of_expression(expression),
                None => Err(NO_FUNCTION),
            },
        };
        match function {
            Err(why) => self.notes.add(range(head(export.span)), why),
            Ok(callable) => self.push(Export {
                name: "default".to_owned(),
                reference,
                callable,
                start,
            }),
        }
    }

    /// The default export is something with a name of its own, which it has as a tool as well.
    fn again(&mut self, local: &str, span: Span) {
        let taken = self.found.iter().find(|export| export.name == local);
        match taken.map(|export| export.reference == local) {
            Some(true) => {}
            Some(false) => self.named(local, "default", span, span.start),
            None => self.named(local, local, span, span.start),
        }
    }

    /// Something that is declared as `local` is exported as `name`, at `span`.
    fn named(&mut self, local: &str, name: &str, span: Span, start: u32) {
        let declarations = self.declarations;
        let of_name = declarations.values.get(local);
        if let Some([(_, ValueDeclaration::Variable(Some(init)))]) = of_name.map(Vec::as_slice)
            && let Some(object) = OfferedObject::of(name, local, init)
        {
            self.offered.push(object);
            return;
        }
        let callable = match of_name.map(Vec::as_slice) {
            // Only a type is of that name, or nothing: the parser of the module says so.
            None | Some([]) => return,
            // Nobody takes it for a function.
            Some([(_, ValueDeclaration::Variable(Some(init)))]) if constant(init).is_some() => {
                return;
            }
            Some([(declared, one)]) => of_declaration(one).map(|callable| (*declared, callable)),
            Some(_) => Err(OVERLOADED),
        };
        match callable {
            Err(why) => self.notes.add(range(span), why),
            Ok((declared, callable)) => {
                // A comment in a list of exports says it where it is exported, others where declared.
                let start = match declarations.doc(start) {
                    Some(_) => start,
                    None => declared,
                };
                self.push(Export {
                    name: name.to_owned(),
                    reference: local.to_owned(),
                    callable,
                    start,
                });
            }
        }
    }

    fn push(&mut self, export: Export<'p>) {
        if !self.found.iter().any(|other| other.name == export.name) {
            self.found.push(export);
        }
    }
}

/// What a value that is declared can be called as, or why it cannot.
pub fn of_declaration<'p>(
    declaration: &ValueDeclaration<'p>,
) -> Result<Callable<'p>, &'static str> {
    match declaration {
        ValueDeclaration::Function(function) if function.generator => Err(GENERATOR),
        ValueDeclaration::Function(function) if function.body.is_none() => Err(OVERLOADED),
        ValueDeclaration::Function(function) => Ok(Callable::of_function(function)),
        ValueDeclaration::Variable(Some(init)) => of_expression(init),
        ValueDeclaration::Class => Err(CLASS),
        ValueDeclaration::Variable(None) | ValueDeclaration::Other => Err(NO_FUNCTION),
    }
}

/// The same of one that is written out.
pub fn of_expression<'p>(expression: &'p Expression<'p>) -> Result<Callable<'p>, &'static str> {
    match expression.get_inner_expression() {
        Expression::ArrowFunctionExpression(function) => Ok(Callable::of_arrow(function)),
        Expression::FunctionExpression(function) if function.generator => Err(GENERATOR),
        Expression::FunctionExpression(function) => Ok(Callable::of_function(function)),
        Expression::ClassExpression(_) => Err(CLASS),
        _ => Err(NO_FUNCTION),
    }
}

/// The place of a span in the text.
pub fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// The first word of a statement, which may be as long as the module.
fn head(span: Span) -> Span {
    const WORD_BYTES: u32 = "export".len() as u32;
    Span::sized(span.start, WORD_BYTES.min(span.end - span.start))
}
