//! TypeScript to JavaScript, by oxc.

use std::path::PathBuf;

use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::codegen::{Codegen, CodegenOptions, CodegenReturn, CommentOptions};
use oxc::diagnostics::{Diagnostics, OxcDiagnostic};
use oxc::parser::{ParseOptions, Parser, ParserReturn};
use oxc::semantic::SemanticBuilder;
use oxc::span::{SourceType, Span};
use oxc::transformer::{TransformOptions, Transformer};

use oxc_sourcemap::SourceMap;

use super::policy::{RuleAction, SourcePolicy};
use super::rules::{self, Finding, Findings};
use super::{Rejection, check, enums, jsx, nesting, stack_need};
use crate::CODE_BYTES_MAX;
use crate::outcome::{Location, Warning};

/// The longest program that the engine is given, in bytes. What is written out by the caller grows
/// little; enums and namespaces can be made to grow much.
pub const COMPILED_BYTES_MAX: usize = 8 * CODE_BYTES_MAX;

/// How the result leaves the program. Mirrors `vesicle:plugin/evaluate.form`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By `return`, from the body of an async function.
    Body,
    /// By `export default`, from a module.
    Module,
}

/// A program as the engine wants it.
#[derive(Debug)]
pub struct Prepared {
    /// How its result leaves it.
    pub form: Form,
    /// JavaScript.
    pub code: String,
    /// What the source check found and does not deny.
    pub warnings: Vec<Warning>,
}

/// Checks the text under `policy` and turns it into JavaScript.
pub fn prepare(name: &str, code: &str, policy: &SourcePolicy) -> Result<Prepared, Rejection> {
    let source = check(name, code)?;
    compile(name, source, Some(policy), None).map(|compiled| Prepared {
        form: compiled.form,
        code: compiled.code,
        warnings: compiled.warnings,
    })
}

/// What [`prepare`] made of the same text, with its source map. Made only when an error needs it.
pub fn compile_with_map(name: &str, code: &str) -> Option<(String, SourceMap<'static>)> {
    let source = check(name, code).ok()?;
    // The program ran, so it was checked.
    let compiled = compile(name, source, None, Some(PathBuf::from(name))).ok()?;
    Some((compiled.code, compiled.map?))
}

fn compile(
    name: &str,
    source: &str,
    policy: Option<&SourcePolicy>,
    source_map_path: Option<PathBuf>,
) -> Result<Compiled, Rejection> {
    nesting::check(name, source)?;
    // oxc recurses as deep as the program is nested, and a native stack that overflows takes the
    // process with it.
    stack_need::with_stack_for(source, || strip(name, source, policy, source_map_path))
}

struct Compiled {
    form: Form,
    code: String,
    warnings: Vec<Warning>,
    map: Option<SourceMap<'static>>,
}

fn strip(
    name: &str,
    source: &str,
    policy: Option<&SourcePolicy>,
    source_map_path: Option<PathBuf>,
) -> Result<Compiled, Rejection> {
    let allocator = Allocator::default();
    let mut program = parse_whole(&allocator, name, source)?;
    let form = form(&program);
    // It would land inside of the function that a body becomes.
    program.hashbang = None;

    let semantic = SemanticBuilder::new_compiler()
        .with_excess_capacity(2.0)
        .with_enum_eval(enums::are_bounded(&program))
        .build(&program);
    let scoping = semantic.semantic.into_scoping();
    let warnings = match policy {
        Some(policy) => judge(name, source, policy, rules::find(&program, &scoping))?,
        None => Vec::new(),
    };
    reject_errors(name, source, semantic.diagnostics)?;
    let transformed = Transformer::new(&allocator, name.as_ref(), &TransformOptions::default())
        .build_with_scoping(scoping, &mut program);
    reject_errors(name, source, transformed.diagnostics)?;

    let CodegenReturn { code, map, .. } = Codegen::new()
        .with_options(CodegenOptions {
            comments: CommentOptions::disabled(),
            // Indentation grows with the square of the nesting.
            indent_width: 0,
            source_map_path,
            ..CodegenOptions::default()
        })
        .build(&program);
    if code.len() > COMPILED_BYTES_MAX {
        return Err(Rejection::syntax(
            format!(
                "the code becomes {} bytes of JavaScript, and at most {COMPILED_BYTES_MAX} are accepted; enums and namespaces grow most",
                code.len()
            ),
            None,
        ));
    }
    let map = map.map(|map| map.into_owned());
    Ok(Compiled {
        form,
        code,
        warnings,
        map,
    })
}

/// Reads a text as TypeScript, or says what about it is none.
pub fn parse_whole<'a>(
    allocator: &'a Allocator,
    name: &str,
    source: &'a str,
) -> Result<Program<'a>, Rejection> {
    let parsed = parse(allocator, source, SourceType::ts());
    if parsed.diagnostics.has_errors()
        && let Some(place) = jsx::find(name, source)
    {
        return Err(place);
    }
    reject_errors(name, source, parsed.diagnostics)?;
    Ok(parsed.program)
}

/// Reads a text in one of the forms of TypeScript.
pub fn parse<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    source_type: SourceType,
) -> ParserReturn<'a> {
    let options = ParseOptions {
        allow_return_outside_function: true,
        // Without it, the engine finds these errors, and cannot say where.
        parse_regular_expression: true,
        ..ParseOptions::default()
    };
    Parser::new(allocator, source, source_type.with_module(true))
        .with_options(options)
        .parse()
}

fn form(program: &Program<'_>) -> Form {
    match program
        .body
        .iter()
        .any(|statement| statement.is_module_declaration())
    {
        true => Form::Module,
        false => Form::Body,
    }
}

/// The first of these errors, if there is one.
pub fn reject_errors(name: &str, source: &str, diagnostics: Diagnostics) -> Result<(), Rejection> {
    match diagnostics.errors().next() {
        None => Ok(()),
        Some(first) => Err(Rejection::syntax(
            message(first),
            location(name, source, first),
        )),
    }
}

fn message(diagnostic: &OxcDiagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{} ({help})", diagnostic.message),
        None => diagnostic.message.to_string(),
    }
}

fn location(name: &str, source: &str, diagnostic: &OxcDiagnostic) -> Option<Location> {
    // Of two declarations, the second is the one too many.
    let label = match diagnostic.message.ends_with("has already been declared") {
        true => diagnostic.labels.last(),
        false => diagnostic.labels.first(),
    }?;
    // What is missing at the end is missed where the last line ends, not below it.
    let end = source.trim_end().len();
    let start = (label.offset() as usize).min(end);
    let len = label.len() as usize;
    Some(Location::at(
        name,
        source,
        start..(start + len).min(source.len()),
    ))
}

/// The warnings that `policy` makes of `findings`, or the first finding that it denies.
fn judge(
    name: &str,
    source: &str,
    policy: &SourcePolicy,
    findings: Findings,
) -> Result<Vec<Warning>, Rejection> {
    let place = |span: Span| Location::at(name, source, span.start as usize..span.end as usize);
    let mut warnings = Vec::new();
    for finding in findings.in_order() {
        match finding {
            Finding::Unsupported { span, what } => {
                return Err(Rejection::syntax(what, Some(place(span))));
            }
            Finding::Violation { rule, span, reason } => match policy.action(rule) {
                RuleAction::Deny => {
                    return Err(Rejection::Violation {
                        violation_type: rule,
                        reason: reason.into_owned(),
                        location: place(span),
                    });
                }
                RuleAction::Warn => warnings.push(Warning {
                    violation_type: rule,
                    reason: reason.into_owned(),
                    location: place(span),
                }),
                RuleAction::Off => {}
            },
        }
    }
    Ok(warnings)
}
