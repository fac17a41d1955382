//! From Wasmtime's types to ours, within bounds: types are a graph, and what is made of them here is
//! a tree, which may be larger by a power of two for each level.

use vesicle_sandbox::types::{Case, Type};

use super::{Integer, Kind, Member, Members, Names, Shape};

/// Of how many types the types of one component's functions may consist, each counted where it is
/// used.
pub(crate) const TYPES_MAX: usize = 20_000;
/// How deep types may lie in one another. JSON readers stop at 128 levels, and a type may take two.
pub(crate) const TYPE_DEPTH_MAX: usize = 50;

/// How many types may still be read.
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(TYPES_MAX)
    }
}

/// Why a type cannot be told in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsupported {
    Resource,
    Future,
    Stream,
    ErrorContext,
    TooMany,
    TooDeep,
}

/// Reads a type.
pub(crate) fn read(ty: &Type, budget: &mut Budget) -> Result<Shape, Unsupported> {
    Reader { budget }.shape(ty, TYPE_DEPTH_MAX)
}

struct Reader<'a> {
    budget: &'a mut Budget,
}

impl Reader<'_> {
    fn shape(&mut self, ty: &Type, depth: usize) -> Result<Shape, Unsupported> {
        self.budget.0 = self.budget.0.checked_sub(1).ok_or(Unsupported::TooMany)?;
        let depth = depth.checked_sub(1).ok_or(Unsupported::TooDeep)?;
        let kind = match ty {
            Type::Bool => Kind::Bool,
            Type::S8 => Kind::Integer(Integer::S8),
            Type::U8 => Kind::Integer(Integer::U8),
            Type::S16 => Kind::Integer(Integer::S16),
            Type::U16 => Kind::Integer(Integer::U16),
            Type::S32 => Kind::Integer(Integer::S32),
            Type::U32 => Kind::Integer(Integer::U32),
            Type::S64 => Kind::Integer(Integer::S64),
            Type::U64 => Kind::Integer(Integer::U64),
            Type::Float32 => Kind::Float32,
            Type::Float64 => Kind::Float64,
            Type::Char => Kind::Char,
            Type::String => Kind::String,
            Type::List(list) => match list.ty() {
                Type::U8 => Kind::Bytes,
                items => Kind::List(self.boxed(&items, depth)?),
            },
            Type::FixedLengthList(list) => {
                Kind::FixedList(self.boxed(&list.ty(), depth)?, list.len() as usize)
            }
            Type::Map(map) => {
                let key = self.boxed(&map.key(), depth)?;
                Kind::Map(key, self.boxed(&map.value(), depth)?)
            }
            Type::Record(record) => {
                let names = Names::new(record.fields().map(|field| field.name));
                let fields = record.fields();
                let members = fields.map(|field| {
                    self.shape(&field.ty, depth)
                        .map(|shape| member(Some(shape)))
                });
                Kind::Record(Members {
                    names,
                    members: members.collect::<Result<_, _>>()?,
                })
            }
            Type::Tuple(tuple) => {
                let types = tuple.types().map(|ty| self.shape(&ty, depth));
                Kind::Tuple(types.collect::<Result<_, _>>()?)
            }
            Type::Variant(variant) => {
                let names = Names::new(variant.cases().map(|case| case.name));
                let cases = variant.cases().map(|case| self.case(case, depth));
                Kind::Variant(Members {
                    names,
                    members: cases.collect::<Result<_, _>>()?,
                })
            }
            Type::Enum(names) => Kind::Enum(self.plain(Names::new(names.names()))?),
            Type::Flags(names) => Kind::Flags(self.plain(Names::new(names.names()))?),
            Type::Option(option) => Kind::Option(self.boxed(&option.ty(), depth)?),
            Type::Result(result) => {
                let ok = result.ok().map(|ty| self.boxed(&ty, depth));
                let err = result.err().map(|ty| self.boxed(&ty, depth));
                Kind::Result(ok.transpose()?, err.transpose()?)
            }
            Type::Own(_) | Type::Borrow(_) => return Err(Unsupported::Resource),
            Type::Future(_) => return Err(Unsupported::Future),
            Type::Stream(_) => return Err(Unsupported::Stream),
            Type::ErrorContext => return Err(Unsupported::ErrorContext),
        };
        Ok(Shape::new(kind))
    }

    fn boxed(&mut self, ty: &Type, depth: usize) -> Result<Box<Shape>, Unsupported> {
        self.shape(ty, depth).map(Box::new)
    }

    fn case(&mut self, case: Case<'_>, depth: usize) -> Result<Member, Unsupported> {
        let carried = case.ty.map(|ty| self.shape(&ty, depth));
        Ok(member(carried.transpose()?))
    }

    /// Names count as types: they are as long in a schema.
    fn plain(&mut self, names: Names) -> Result<Members, Unsupported> {
        let count = names.json().len();
        self.budget.0 = self
            .budget
            .0
            .checked_sub(count)
            .ok_or(Unsupported::TooMany)?;
        Ok(Members {
            members: (0..count).map(|_| member(None)).collect(),
            names,
        })
    }
}

fn member(shape: Option<Shape>) -> Member {
    Member { shape, docs: None }
}
