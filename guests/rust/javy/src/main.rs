//! What `javy build` writes, made of the same crate: a program for WASI's preview 1 with an engine in
//! it, whose JavaScript reads JSON from standard input and writes JSON to standard output. Javy's
//! command line and its default plugin are on no registry.

use javy::{Config, Runtime, from_js_error};

const PROGRAM: &str = include_str!("program.js");

fn main() {
    let mut config = Config::default();
    config.javy_stream_io(true).text_encoding(true);
    if let Err(error) = run(config) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::new(config)?;
    runtime.context().with(|context| {
        let evaluated = context.eval::<(), _>(PROGRAM);
        evaluated.map_err(|error| from_js_error(context.clone(), error))
    })?;
    runtime.resolve_pending_jobs()?;
    Ok(())
}

/// Memory for who adapts this program. A C library from before 2023, as Debian's is, takes all memory
/// that there is when it first allocates for its heap: what the adapter took by itself until then
/// would be in it. Javy's own plugin exports this too.
///
/// # Safety
/// As of the component model's `realloc`: `old` is null, or of this function with `old_length` and
/// `align`.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_length: usize,
    align: usize,
    length: usize,
) -> *mut u8 {
    use std::alloc::{Layout, alloc, realloc};
    let layout = |length| Layout::from_size_align(length, align).expect("a size that fits");
    // SAFETY: the caller's.
    unsafe {
        match old_length {
            0 => alloc(layout(length)),
            _ => realloc(old, layout(old_length), length),
        }
    }
}
