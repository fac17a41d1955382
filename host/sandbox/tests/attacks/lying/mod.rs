//! Components that are written by hand to break the rules: one per misdeed, as text, with what must
//! become of it in its first lines. After each, an ordinary program has its place and its world.

mod header;
mod text;

use std::path::Path;
use std::sync::Arc;

use vesicle_sandbox::{
    Call, CompileLimits, Compiler, Config, Grants, LoadError, Outcome, Sandbox, Val,
};

use crate::programs::{END_TIME_MAX, check_resident, entries, programs, resident_bytes, works};
use crate::support::{TestTools, alone, cache_dir, limits};
use header::{Expectation, Header};

/// How many components there are at least.
const COMPONENTS_MIN: usize = 60;

/// What compiles, in a process of its own.
pub fn compiler() -> Compiler {
    Compiler {
        program: env!("CARGO_BIN_EXE_vesicle-compiler").into(),
        arguments: vec![],
    }
}

/// A sandbox with one place and no queue, which compiles in a process of its own.
pub async fn sandbox() -> Sandbox {
    let config = Config {
        cache_dir: Some(cache_dir()),
        compiler: Some(compiler()),
        concurrency_max: 1,
        queue_max: Some(0),
        ..Config::default()
    };
    Sandbox::new(config).await.expect("the sandbox starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lying_components() {
    let _alone = alone().await;
    let paths = entries(&programs().join("lying-components"));
    assert!(paths.len() >= COMPONENTS_MIN, "{} components", paths.len());
    let sandbox = sandbox().await;
    works(&sandbox).await.expect("the sandbox works at first");
    let resident_before = resident_bytes();
    let mut wrong = String::new();
    for path in paths {
        let name = path.file_name().unwrap().display().to_string();
        if let Err(why) = run_one(&sandbox, &path, resident_before).await {
            wrong.push_str(&format!("\n{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

async fn run_one(sandbox: &Sandbox, path: &Path, resident_before: usize) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let header = Header::read(&text)?;
    let wasm = wat::parse_str(text::expand(&text)?).map_err(|error| error.to_string())?;
    let deadline = END_TIME_MAX + header.wall_time();
    let became = tokio::time::timeout(deadline, run(sandbox, &header, wasm)).await;
    let became = became.map_err(|_| "the host does not come back".to_owned())??;
    let as_expected = header.check(&became);
    drop(became);
    works(sandbox).await?;
    check_resident(resident_before)?;
    as_expected
}

/// What became of a component.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Became {
    Refused(LoadError),
    Ran(Outcome<Vec<Val>>),
}

async fn run(sandbox: &Sandbox, header: &Header, wasm: Vec<u8>) -> Result<Became, String> {
    let mut compile = CompileLimits::default();
    let mut limits = limits();
    header.apply(&mut compile, &mut limits)?;
    let component = match sandbox.load(wasm, compile).await {
        Ok(component) => component,
        Err(LoadError::Internal(error)) => return Err(format!("THE HOST FAILED: {error:#}")),
        Err(refused) => return Ok(Became::Refused(refused)),
    };
    let function = component.function(None, header.function());
    let function = function.ok_or("it does not export the function")?;
    let arguments = function.ty.params().map(|(_, ty)| argument(&ty)).collect();
    let call = Call {
        limits,
        grants: Grants {
            tools: Arc::new(TestTools),
            ..Grants::default()
        },
        ..Call::new(&component, function, arguments)
    };
    match sandbox.call(call).await {
        Ok(outcome) => Ok(Became::Ran(outcome)),
        Err(error) => Err(format!("THE HOST FAILED: {error}")),
    }
}

/// Something of the types that the components take.
fn argument(ty: &vesicle_sandbox::types::Type) -> Val {
    use vesicle_sandbox::types::Type;
    match ty {
        Type::String => Val::String("héllo".to_owned()),
        Type::U32 => Val::U32(7),
        Type::List(list) => Val::List(vec![argument(&list.ty()), argument(&list.ty())]),
        _ => panic!("no component takes {ty:?}"),
    }
}

#[test]
fn expectations_can_fail() {
    let header = Header::read(";; Does nothing.\n;; expect: value [U32(1)]\n").unwrap();
    let refused = Became::Refused(LoadError::Invalid("text".to_owned()));
    assert!(header.check(&refused).is_err());
    assert!(matches!(header.expectation(), Expectation::Value(_)));
}
