//! Files that are nothing, broken or too large: refused with a reason, and no panic.

use vesicle_plugins::adapt::adapt;
use vesicle_plugins::{Inspection, Tools};
use vesicle_sandbox::CompileLimits;

use crate::support::{component, sandbox};

const WIT: &str = "
package test:whole@1.0.0;
interface things {
  record thing { name: string, price: option<f64> }
  variant way { by-land(u32), by-sea }
  move-it: func(what: thing, how: way) -> result<list<thing>, string>;
}
world whole { export things; export plain: func(text: string) -> string; }";

/// All that is done with a file that somebody adds. The answer is what became of it.
async fn add(file: &[u8]) -> Result<usize, String> {
    let limits = CompileLimits::default();
    let (_, wasm) = adapt(file, &limits).map_err(|error| error.to_string())?;
    let _ = Inspection::of(&wasm, &limits, &[]);
    let component = sandbox().await.load(wasm.to_vec(), limits).await;
    let component = component.map_err(|error| error.to_string())?;
    Ok(Tools::read(&component, &wasm).definitions().len())
}

#[tokio::test]
async fn what_is_no_webassembly_is_told_so() {
    let mut said = String::new();
    let files: [&[u8]; 12] = [
        b"",
        b"\0",
        b"\0as",
        b"\0asm",
        b"hello, world",
        b"#!/bin/sh\n",
        b"\x7fELF\x02",
        b"  (module)",
        b"(component)",
        b"package a:b;\nworld c {}",
        b"\xff\xfe\xfd\xfc",
        b"\0asm\x01\0\0\0",
    ];
    for file in files {
        said += &format!(
            "{:?}\n    {}\n",
            file.escape_ascii().to_string(),
            add(file).await.unwrap_err()
        );
    }
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn a_truncated_component_is_refused_at_every_length() {
    let whole = component(WIT, &[]);
    assert_eq!(add(&whole).await, Ok(2));
    for length in 0..whole.len() {
        // Where a section ends another component may: with fewer functions, or without what comes
        // last and says who made it, in custom sections.
        let added = add(&whole[..length]).await;
        let only_custom = whole[length] == 0;
        assert!(
            !matches!(added, Ok(2..)) || only_custom,
            "{length}: {added:?}"
        );
    }
}

/// Each bit of the header and of the first sections, and then one in every few bytes.
#[tokio::test]
async fn flipped_bits_end_nothing() {
    let whole = component(WIT, &[]);
    let header = 8;
    for at in 0..whole.len() {
        let bits = if at < header {
            0..8
        } else {
            at % 8..at % 8 + 1
        };
        for bit in bits {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            let added = add(&flipped).await;
            assert!(
                at >= header || added.is_err(),
                "byte {at}, bit {bit}: {added:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let limits = CompileLimits {
        wasm_bytes: 1_000,
        ..CompileLimits::default()
    };
    let mut file = b"\0asm\x0d\0\x01\0".to_vec();
    // A custom section that fills it.
    file.extend([0, 0xdd, 0x07]);
    file.resize(1_000, 0);
    assert!(adapt(&file, &limits).is_ok());
    file.push(0);
    insta::assert_snapshot!(adapt(&file, &limits).unwrap_err(), @"the component has 1001 bytes, and at most 1000 are compiled (`wasm_bytes`); make it smaller, or have the limit raised");
}
