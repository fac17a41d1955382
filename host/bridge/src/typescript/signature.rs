//! A tool on one line.

use super::{
    Typed,
    limits::SIGNATURE_BYTES_MAX,
    printer::{Form, Printer},
};
use crate::schema::{Model, Type};

/// With as much of the types as fits: two levels, one level, only what is required, nothing.
pub fn signature(typed: &Typed<'_>) -> String {
    let path = typed.path();
    let form = |depth, optional| Form::Line { depth, optional };
    for form in [form(2, true), form(1, true), form(1, false)] {
        let Some(arguments) = parameters(typed, form) else {
            continue;
        };
        for result_form in [
            form,
            Form::Line {
                depth: 1,
                optional: true,
            },
            Form::Line {
                depth: 0,
                optional: true,
            },
        ] {
            let Some(result) = result(typed, result_form) else {
                continue;
            };
            let line = format!("{path}({arguments}): Promise<{result}>");
            if line.len() <= SIGNATURE_BYTES_MAX + path.len() {
                return line;
            }
        }
    }
    format!("{path}(args: object): Promise<unknown>")
}

fn parameters(typed: &Typed<'_>, form: Form) -> Option<String> {
    if is_nothing(&typed.arguments.root) {
        return Some(String::new());
    }
    let optional = if typed.may_omit() { "?" } else { "" };
    let text = text(&typed.arguments, form)?;
    Some(format!("args{optional}: {text}"))
}

/// Whether there is nothing to hand over: an object without properties.
pub fn is_nothing(one: &Type) -> bool {
    matches!(one, Type::Object(object) if object.properties.is_empty() && object.left_out == 0 && object.others.is_none())
}

fn result(typed: &Typed<'_>, form: Form) -> Option<String> {
    match typed.result() {
        Some(model) => text(model, form),
        None => Some("unknown".to_owned()),
    }
}

fn text(model: &Model, form: Form) -> Option<String> {
    Printer::new(model, &[], form, SIGNATURE_BYTES_MAX).print(&model.root)
}
