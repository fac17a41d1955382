//! Stands for what helper jsbuild makes.
use super::{About, AddError, Packed};
use vesicle_sandbox::Sandbox;
pub async fn pack_script(_: &Sandbox, _: &str, _: &str, _: About) -> Result<Packed, AddError> {
    Err(AddError::Broken("not yet".to_owned()))
}
