//! What a script declares at its top: types by their names, and functions that it may export.

use std::collections::HashMap;

use oxc::ast::ast::{
    BindingPattern, Class, Declaration, ExportDefaultDeclarationKind, Expression, Function,
    Program, Statement, TSEnumDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration,
    VariableDeclaration,
};
use oxc::span::GetSpan;

use super::jsdoc::JsDoc;

/// A type with a name.
#[derive(Clone, Copy)]
pub enum TypeDeclaration<'p> {
    Alias(&'p TSTypeAliasDeclaration<'p>),
    /// All interfaces of the name: they are one.
    Interface(&'p TSInterfaceDeclaration<'p>),
    Enum(&'p TSEnumDeclaration<'p>),
    /// A class, whose instances no JSON is.
    Class,
}

/// A value with a name.
#[derive(Clone, Copy)]
pub enum ValueDeclaration<'p> {
    Function(&'p Function<'p>),
    Variable(Option<&'p Expression<'p>>),
    Class,
    /// An enum or something else that is no function.
    Other,
}

/// All of them, with the comments that belong to them.
pub struct Declarations<'p> {
    pub types: HashMap<&'p str, Vec<(u32, TypeDeclaration<'p>)>>,
    /// With where each one's statement begins, to which its comment belongs.
    pub values: HashMap<&'p str, Vec<(u32, ValueDeclaration<'p>)>>,
    comments: HashMap<u32, (u32, u32)>,
    source: &'p str,
}

impl<'p> Declarations<'p> {
    /// Those of this program.
    pub fn of(program: &'p Program<'p>) -> Self {
        // Of several comments before one thing, the last belongs to it.
        let comments = program.comments.iter();
        let comments = comments.filter(|comment| comment.is_jsdoc());
        let mut found = Self {
            types: HashMap::new(),
            values: HashMap::new(),
            comments: comments
                .map(|comment| (comment.attached_to, (comment.span.start, comment.span.end)))
                .collect(),
            source: program.source_text,
        };
        for statement in &program.body {
            found.statement(statement);
        }
        found
    }

    /// The comment that belongs to what begins at `start`.
    pub fn doc(&self, start: u32) -> Option<JsDoc> {
        let (from, to) = *self.comments.get(&start)?;
        Some(JsDoc::read(self.source, from as usize..to as usize))
    }

    fn statement(&mut self, statement: &'p Statement<'p>) {
        let start = statement.span().start;
        if let Statement::ExportDeclaration(export) = statement {
            return self.declaration(start, &export.declaration);
        }
        if let Statement::ExportDefaultDeclaration(export) = statement {
            match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                    self.function(start, function);
                }
                ExportDefaultDeclarationKind::ClassDeclaration(class) => self.class(start, class),
                ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) => {
                    self.type_of(
                        start,
                        &interface.id.name,
                        TypeDeclaration::Interface(interface),
                    );
                }
                _ => {}
            }
            return;
        }
        if let Some(declaration) = statement.as_declaration() {
            self.declaration(start, declaration);
        }
    }

    fn declaration(&mut self, start: u32, declaration: &'p Declaration<'p>) {
        match declaration {
            Declaration::TSTypeAliasDeclaration(alias) => {
                self.type_of(start, &alias.id.name, TypeDeclaration::Alias(alias));
            }
            Declaration::TSInterfaceDeclaration(interface) => {
                self.type_of(
                    start,
                    &interface.id.name,
                    TypeDeclaration::Interface(interface),
                );
            }
            Declaration::TSEnumDeclaration(of) => {
                self.type_of(start, &of.id.name, TypeDeclaration::Enum(of));
                self.value(start, &of.id.name, ValueDeclaration::Other);
            }
            Declaration::ClassDeclaration(class) => self.class(start, class),
            Declaration::FunctionDeclaration(function) => self.function(start, function),
            Declaration::VariableDeclaration(variables) => self.variables(start, variables),
            _ => {}
        }
    }

    fn variables(&mut self, start: u32, variables: &'p VariableDeclaration<'p>) {
        for variable in &variables.declarations {
            match &variable.id {
                BindingPattern::BindingIdentifier(id) => {
                    let init = variable.init.as_ref();
                    self.value(start, &id.name, ValueDeclaration::Variable(init));
                }
                pattern => {
                    for id in pattern.get_binding_identifiers() {
                        self.value(start, &id.name, ValueDeclaration::Variable(None));
                    }
                }
            }
        }
    }

    fn function(&mut self, start: u32, function: &'p Function<'p>) {
        if let Some(id) = &function.id {
            self.value(start, &id.name, ValueDeclaration::Function(function));
        }
    }

    fn class(&mut self, start: u32, class: &'p Class<'p>) {
        if let Some(id) = &class.id {
            self.value(start, &id.name, ValueDeclaration::Class);
            self.type_of(start, &id.name, TypeDeclaration::Class);
        }
    }

    fn type_of(&mut self, start: u32, name: &'p str, declaration: TypeDeclaration<'p>) {
        let of_name = self.types.entry(name).or_default();
        of_name.push((start, declaration));
    }

    fn value(&mut self, start: u32, name: &'p str, declaration: ValueDeclaration<'p>) {
        let of_name = self.values.entry(name).or_default();
        of_name.push((start, declaration));
    }
}
