//! The linear memory of a slot, which one guest fills with its mark and the next one gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use vesicle_sandbox::{CapabilityError, Execution, Outcome, Sandbox, Tool, ToolCall};

use crate::process_memory::{self, Mapping};
use crate::support::{alone, execution, sandbox_without_queue};

const ROUNDS: usize = 10_000;
/// Every how many rounds the marks are put everywhere and looked for everywhere; in between, into
/// buffers alone.
const THOROUGH_EVERY: usize = 500;
/// What guests may have in thorough rounds.
const MEMORY_BYTES: usize = 12 << 20;
/// What they may have in the others: half a megabyte more than the engine has, so that 10 000 rounds
/// are soon over.
const MEMORY_BYTES_SMALL: usize = 11 << 19;
/// How much of it may be left when no more can be had.
const LEFT_BYTES_MAX: usize = 128 << 10;

/// A text that is nowhere else. Guests get it in halves, so that it is whole only where it was put
/// together.
const TEXT: [&str; 2] = ["tenant-one:", "3f9c61d2"];
/// A number that is nowhere else.
const NUMBER: f64 = 1.606_938_044_258_990_3e-291;
/// What QuickJS subtracts from the upper half of a number to make a value of it
/// (`JS_FLOAT64_TAG_ADDEND`): on its stack, numbers are values.
const VALUE_OFFSET: u64 = 0x7ff8_000a << 32;

/// Leaves its marks in output, errors, timers, arguments, strings, the stack and in all the memory
/// that is left, in buffers; then fails with them. `input` is the text in halves, the number, and
/// whether more than buffers is to be filled.
const FILL: &str = "
    const [first, second, number, everywhere] = input;
    const text = first + second;
    const kept: unknown[] = [];
    if (everywhere) {
        console.log(text.repeat(500));
        console.error(text.repeat(500));
        const error = new Error(text.repeat(50));
        kept.push(error, error.stack);
        setTimeout(() => {}, 1e6, text.repeat(50));
        await tools.host.echo({ text: text.repeat(500) });
        const descend = (mark: number): number => {
            try { return descend(mark) + mark } catch { return mark }
        };
        descend(number);
        for (let i = 0; i < 200; i++) kept.push(text.repeat(50) + i, [number, number, number, number]);
    }
    const marks = new TextEncoder().encode(text.repeat(1024));
    for (let size = 1 << 20; size >= 1 << 12;) {
        try {
            const buffer = new Uint8Array(size);
            kept.push(buffer);
            for (let at = 0; at + marks.length <= size; at += marks.length) buffer.set(marks, at);
            if (size < marks.length) buffer.set(marks.subarray(0, size));
        } catch {
            size >>= 1;
        }
    }
    if (everywhere) await tools.host.look({});
    throw new Error(text)";

/// Allocates all that it can and counts what is not zero. Several words of each page are looked at.
const LOOK: &str = "
    let found = 0;
    const search = (buffer: ArrayBuffer) => {
        const words = new Uint32Array(buffer);
        for (let i = 0; i < words.length; i += 251) if (words[i] !== 0) found++;
    };
    const kept: unknown[] = [];
    const grown: any = new ArrayBuffer(1 << 12, { maxByteLength: 1 << 16 } as any);
    grown.resize(1 << 16);
    search(grown);
    search((new ArrayBuffer(1 << 12) as any).transfer(1 << 16));
    if (input) await tools.host.look({});
    for (let size = 1 << 20; size >= 1 << 12;) {
        try {
            const buffer = new ArrayBuffer(size);
            kept.push(buffer);
            search(buffer);
        } catch {
            size >>= 1;
        }
    }
    if (input) await tools.host.look({});
    return [found, kept.length > 0]";

/// The host's look at the memory of the guest that calls it.
#[derive(Default)]
struct Host {
    /// Where the slot begins, once it is known.
    slot: AtomicU64,
    /// Marks found so far, of each kind.
    found: [AtomicU64; 3],
    looks: AtomicU64,
}

impl Host {
    fn needles() -> [Vec<u8>; 3] {
        let bits = NUMBER.to_bits();
        [
            TEXT.concat().into_bytes(),
            bits.to_le_bytes().into(),
            bits.wrapping_sub(VALUE_OFFSET).to_le_bytes().into(),
        ]
    }

    fn look(&self) {
        let text = TEXT.concat();
        let mappings = process_memory::writable();
        let slot = match self.slot.load(Ordering::SeqCst) {
            // The first to look is full of marks: where most are is the slot.
            0 => mappings
                .into_iter()
                .max_by_key(|mapping| process_memory::count(*mapping, text.as_bytes()))
                .unwrap(),
            start => mapping_at(mappings, start),
        };
        self.slot.store(slot.start, Ordering::SeqCst);
        for (found, needle) in self.found.iter().zip(Self::needles()) {
            let count = process_memory::count(slot, &needle);
            found.fetch_add(count as u64, Ordering::SeqCst);
        }
        self.looks.fetch_add(1, Ordering::SeqCst);
    }

    /// What was found since the last time, and how often was looked.
    fn take(&self) -> ([u64; 3], u64) {
        let found = self
            .found
            .each_ref()
            .map(|found| found.swap(0, Ordering::SeqCst));
        (found, self.looks.swap(0, Ordering::SeqCst))
    }
}

fn mapping_at(mappings: Vec<Mapping>, start: u64) -> Mapping {
    let mut at = mappings
        .into_iter()
        .filter(|mapping| mapping.start == start);
    at.next().expect("the slot stays where it is")
}

#[async_trait]
impl ToolCall for Host {
    async fn search(&self, _: &str, _: usize) -> Result<Vec<Tool>, CapabilityError> {
        Ok(Vec::new())
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Err(CapabilityError::NotFound(name.to_owned()))
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        if name == "host.look" {
            self.look();
        }
        Ok(arguments.to_owned())
    }
}

async fn run(
    sandbox: &Sandbox,
    host: &Arc<Host>,
    code: &str,
    input: Box<RawValue>,
    memory_bytes: usize,
) -> Outcome {
    let mut execution = Execution {
        input,
        tools: host.clone(),
        ..execution(code)
    };
    execution.limits.memory_bytes = memory_bytes;
    sandbox
        .execute(execution)
        .await
        .expect("the host does not fail")
}

#[tokio::test]
async fn memory_is_clean_ten_thousand_times() {
    let _alone = alone().await;
    let sandbox = sandbox_without_queue(1).await;
    let host = Arc::new(Host::default());
    for round in 0..ROUNDS {
        let thorough = round % THOROUGH_EVERY == 0;
        let memory_bytes = match thorough {
            true => MEMORY_BYTES,
            false => MEMORY_BYTES_SMALL,
        };
        let input = to_raw_value(&json!([TEXT[0], TEXT[1], NUMBER, thorough])).unwrap();
        let outcome = run(&sandbox, &host, FILL, input, memory_bytes).await;
        let Outcome::Error {
            message, resources, ..
        } = &outcome
        else {
            panic!("round {round}: {outcome:?}");
        };
        assert_eq!(*message, TEXT.concat(), "round {round}");
        let peak = resources.memory_peak_bytes as usize;
        assert!(
            peak >= memory_bytes - LEFT_BYTES_MAX,
            "round {round}: {peak}"
        );
        let (marks, looks) = host.take();
        if thorough {
            // The host sees marks where there are some, of each kind.
            assert_eq!(looks, 1);
            let [texts, numbers, values] = marks;
            assert!(texts > 100_000, "round {round}: {marks:?}");
            assert!(numbers + values > 1_000, "round {round}: {marks:?}");
        }

        let input = to_raw_value(&thorough).unwrap();
        let outcome = run(&sandbox, &host, LOOK, input, memory_bytes).await;
        let Outcome::Success { output, .. } = &outcome else {
            panic!("round {round}: {outcome:?}");
        };
        assert_eq!(output.get(), "[0,true]", "round {round}");
        let (marks, looks) = host.take();
        assert_eq!(marks, [0, 0, 0], "round {round}");
        assert_eq!(looks, if thorough { 2 } else { 0 });
    }
}
