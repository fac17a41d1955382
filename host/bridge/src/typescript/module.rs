//! A tool as a file.

use std::fmt::Write as _;

use super::{Typed, declaration, limits, printer::Comments, signature::is_nothing};

/// The first line of every file that is generated.
pub const GENERATED: &str =
    "// Written by `vesicle generate`. Changes are lost when it runs again.\n";

/// A module that exports the call as `function`, and the types of its arguments and result.
pub fn module(typed: &Typed<'_>, function: &str) -> String {
    let path = typed.path();
    let call = match is_nothing(&typed.arguments.root) {
        true => format!("Call it as {path}()."),
        false => format!("Call it as {path}(args)."),
    };
    let mut out = GENERATED.to_owned();
    let Some(parts) = declaration::parts(typed, &call, Comments::All) else {
        // Beyond what is worth reading.
        let _ = writeln!(
            out,
            "/** {call} Its types are longer than {} KB. */",
            limits::DECLARATION_BYTES_MAX >> 10
        );
        let _ = writeln!(
            out,
            "export declare function {function}(args: Args): Promise<Result>;"
        );
        out.push_str("export type Args = object;\nexport type Result = unknown;\n");
        return out;
    };
    let parameters = match parts.parameters.split_once(':') {
        Some((name, _)) => format!("{name}: Args"),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "{}export declare function {function}({parameters}): Promise<Result>;",
        parts.comment
    );
    let _ = writeln!(out, "\nexport type Args = {};", parts.arguments);
    let _ = writeln!(out, "\nexport type Result = {};", parts.result);
    for named in &parts.types {
        let _ = writeln!(out, "\n{}export {}", named.comment, named.text);
    }
    out
}
