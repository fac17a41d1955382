//! Makes running guests yield: a thread that moves the engine's epoch each millisecond, and sleeps
//! while nothing runs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// How long a guest runs before it lets others have the thread.
pub const TICK: Duration = Duration::from_millis(1);
/// How many ticks without a guest it goes on for: waking up costs the caller some microseconds.
const IDLE_TICKS_MAX: u32 = 200;

/// Ticks while it is held by at least one [`Running`].
pub struct Ticker {
    running: Arc<AtomicUsize>,
    engine: EngineWeak,
    thread: OnceLock<Thread>,
}

/// One running guest.
pub struct Running<'a>(&'a AtomicUsize);

impl Ticker {
    /// Its thread is not there yet: until it is [started](Self::start), no guest yields.
    pub fn new(engine: &Engine) -> Self {
        Self {
            running: Arc::default(),
            engine: engine.weak(),
            thread: OnceLock::new(),
        }
    }

    /// Starts the thread, which ends with the engine.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(&self) -> std::io::Result<()> {
        let (counter, engine) = (self.running.clone(), self.engine.clone());
        let handle = thread::Builder::new()
            .name("vesicle-ticker".to_owned())
            .spawn(move || tick(&engine, &counter))?;
        // It is started once.
        let _ = self.thread.set(handle.thread().clone());
        Ok(())
    }

    /// Ticks at least until the answer is dropped.
    pub fn running(&self) -> Running<'_> {
        if self.running.fetch_add(1, Ordering::SeqCst) == 0
            && let Some(thread) = self.thread.get()
        {
            // A token that the thread, if it is awake, finds when it next wants to sleep.
            thread.unpark();
        }
        Running(&self.running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &EngineWeak, running: &AtomicUsize) {
    let mut idle = 0;
    loop {
        thread::sleep(TICK);
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.increment_epoch();
        drop(engine);
        idle = if running.load(Ordering::SeqCst) == 0 {
            idle + 1
        } else {
            0
        };
        if idle == IDLE_TICKS_MAX {
            // Wakes up now and then to see whether the engine is gone.
            thread::park_timeout(Duration::from_secs(1));
            idle = 0;
        }
    }
}
