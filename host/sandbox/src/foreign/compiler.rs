//! Compiling what is not ours, in a process of its own where there is one.
//!
//! Cranelift cannot be interrupted, and what a hostile component costs it is known only roughly. A
//! process can be ended at its time, has a bound on its memory, lets guests go first, and takes
//! nothing with it when it dies. Who embeds the sandbox says which program it is; without one a
//! thread compiles, whose work is bounded by the counts in [`CompileLimits`] alone.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::errors::told;
use super::{CompileLimits, LoadError};
use crate::engine;

/// A program that calls [`compile_for_parent`] and nothing else. It gets the arguments, no
/// environment, and a pipe at each of its standard input and output.
#[derive(Debug, Clone)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// What tells it to compile.
    pub arguments: Vec<OsString>,
}

/// What stands before a component on the way there, and before what was made of it on the way back.
/// The program may print other things first.
const MARK: &[u8] = b"\0vesicle-compile\0";
/// Says that what follows is an artifact, and not why there is none.
const COMPILED: u8 = 1;
/// How much longer than WebAssembly its native code may be.
const ARTIFACT_GROWTH_MAX: u64 = 32;
/// The shortest bound on an artifact, in bytes: ELF sections take some pages.
const ARTIFACT_BYTES_MIN: u64 = 4 << 20;
/// Processes that compile are this much nicer than others.
const NICE: i32 = 10;

/// Compiles in a process of its own, which ends at its time whatever it does.
pub async fn in_process(
    compiler: &Compiler,
    wasm: &[u8],
    limits: &CompileLimits,
) -> Result<Vec<u8>, LoadError> {
    let mut child = Command::new(&compiler.program)
        .args(&compiler.arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(internal)?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(internal(io::Error::other("the compiler has no pipes")));
    };
    let length_max = (wasm.len() as u64 * ARTIFACT_GROWTH_MAX).max(ARTIFACT_BYTES_MIN);
    let talk = async {
        let mut answer = Vec::new();
        let mut stdout = stdout.take(length_max);
        let ask = async {
            // A compiler that is gone says why by how it ended.
            let _ = stdin.write_all(&request(limits)).await;
            let _ = stdin.write_all(wasm).await;
            drop(stdin);
        };
        let (_, read) = tokio::join!(ask, stdout.read_to_end(&mut answer));
        read?;
        Ok::<_, io::Error>((answer, child.wait().await?))
    };
    let (answer, status) = match tokio::time::timeout(limits.wall_time, talk).await {
        Ok(talked) => talked.map_err(internal)?,
        Err(_) => return Err(LoadError::TimedOut(limits.wall_time)),
    };
    let found = memchr::memmem::find(&answer, MARK);
    let begin = found.map(|at| at + MARK.len());
    match begin.and_then(|begin| answer.get(begin..)?.split_first()) {
        Some((&COMPILED, artifact)) if status.success() => Ok(artifact.to_vec()),
        Some((_, why)) if status.success() => {
            Err(LoadError::Invalid(told(&String::from_utf8_lossy(why))))
        }
        _ => Err(LoadError::Compiler(format!(
            "it ended with {status}; it may use {} MB (`memory_bytes`)",
            limits.memory_bytes >> 20
        ))),
    }
}

/// Compiles on a thread that is given up at the time, and goes on until it is done. `held` is kept
/// as long.
pub async fn on_thread(
    wasm: Arc<[u8]>,
    limits: &CompileLimits,
    held: impl Send + 'static,
) -> Result<Vec<u8>, LoadError> {
    let fuel = limits.fuel;
    let compiling = tokio::task::spawn_blocking(move || {
        let _held = held;
        compile(&wasm, fuel)
    });
    match tokio::time::timeout(limits.wall_time, compiling).await {
        Ok(Ok(compiled)) => compiled.map_err(|why| LoadError::Invalid(told(&why))),
        Ok(Err(error)) => Err(LoadError::Compiler(error.to_string())),
        Err(_) => Err(LoadError::TimedOut(limits.wall_time)),
    }
}

fn compile(wasm: &[u8], fuel: bool) -> Result<Vec<u8>, String> {
    let engine = match fuel {
        true => engine::with_fuel(),
        false => engine::on_demand(),
    };
    let compiled = engine.and_then(|engine| engine.precompile_component(wasm));
    compiled.map_err(|error| format!("{error:#}"))
}

fn request(limits: &CompileLimits) -> Vec<u8> {
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut request = MARK.to_vec();
    request.push(u8::from(limits.fuel));
    request.extend((limits.memory_bytes as u64).to_le_bytes());
    // Should this process die before it ends the other.
    let seconds = limits.wall_time.as_secs().saturating_add(1);
    request.extend(seconds.saturating_mul(processors).to_le_bytes());
    request
}

/// What the program of a [`Compiler`] does: reads a component from standard input, compiles it
/// within the limits that come with it, and writes what came of it to standard output.
///
/// # Errors
/// When it is not asked by a sandbox, or cannot answer.
pub fn compile_for_parent() -> io::Result<()> {
    let mut stdin = io::stdin().lock();
    let mut request = [0; MARK.len() + 1 + 8 + 8];
    stdin.read_exact(&mut request)?;
    let (mark, rest) = request.split_at(MARK.len());
    if mark != MARK {
        return Err(io::Error::other("nobody asks for something to be compiled"));
    }
    let (fuel, numbers) = rest.split_at(1);
    let (memory_bytes, seconds) = numbers.split_at(8);
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    limit(Resource::Core, 0)?;
    limit(Resource::Data, number(memory_bytes))?;
    limit(Resource::Cpu, number(seconds))?;
    rustix::process::nice(NICE)?;

    let mut wasm = Vec::new();
    stdin.read_to_end(&mut wasm)?;
    let compiled = compile(&wasm, fuel == [1]);
    let mut stdout = io::stdout().lock();
    stdout.write_all(MARK)?;
    match compiled {
        Ok(artifact) => {
            stdout.write_all(&[COMPILED])?;
            stdout.write_all(&artifact)?;
        }
        Err(why) => {
            stdout.write_all(&[0])?;
            stdout.write_all(why.as_bytes())?;
        }
    }
    stdout.flush()
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let bound = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, bound)?)
}

fn internal(error: io::Error) -> LoadError {
    LoadError::Internal(error.into())
}
