//! Whether the members of enums may be computed while compiling.
//!
//! That tells strings from numbers, which enums map back to their names. But a member that is made
//! of two others is twice as long, so that twenty lines can ask for terabytes. Where members are
//! joined too often, they are computed when the program runs, in the memory that it has for that.

use oxc::ast::ast::{
    BinaryExpression, IdentifierReference, Program, TSEnumMember, TemplateLiteral,
};
use oxc::ast_visit::{Visit, walk};
use oxc::syntax::operator::BinaryOperator;

/// How many references joined members may have. Eight multiply the text by 19 at most, as three
/// members of three, three and two.
const JOINED_MAX: usize = 8;

/// Whether what the members of all enums come to is bounded by the length of the text.
pub fn are_bounded(program: &Program<'_>) -> bool {
    let mut enums = Enums { joined: 0 };
    enums.visit_program(program);
    enums.joined <= JOINED_MAX
}

struct Enums {
    joined: usize,
}

impl<'a> Visit<'a> for Enums {
    fn visit_ts_enum_member(&mut self, member: &TSEnumMember<'a>) {
        let mut parts = Parts::default();
        parts.visit_ts_enum_member(member);
        if parts.joins {
            self.joined += parts.references;
        }
    }
}

#[derive(Default)]
struct Parts {
    joins: bool,
    references: usize,
}

impl<'a> Visit<'a> for Parts {
    fn visit_binary_expression(&mut self, expression: &BinaryExpression<'a>) {
        self.joins |= expression.operator == BinaryOperator::Addition;
        walk::walk_binary_expression(self, expression);
    }

    fn visit_template_literal(&mut self, template: &TemplateLiteral<'a>) {
        self.joins |= !template.expressions.is_empty();
        walk::walk_template_literal(self, template);
    }

    fn visit_identifier_reference(&mut self, _: &IdentifierReference<'a>) {
        self.references += 1;
    }
}
