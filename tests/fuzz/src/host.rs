//! One sandbox for all executions of a target, and what it grants.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use vesicle_sandbox::{
    Access, CapabilityError, Config, Directory, Files, Grants, Log, LogLevel, Network, NoMemories,
    Quota, Sandbox, State, Tool, ToolCall,
};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
});

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let config = Config {
        cache_dir: Some(std::env::temp_dir().join("vesicle-fuzz-cache")),
        concurrency_max: 2,
        ..Config::default()
    };
    block_on(Sandbox::new(config)).expect("the sandbox starts")
});

/// Waits for a future.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// The sandbox.
pub fn sandbox() -> &'static Sandbox {
    &SANDBOX
}

/// What can be granted: two tools, a state in memory, a directory with some things in it. Hosts
/// are granted by the target for them alone (`network/`).
pub fn grants() -> Grants {
    Grants {
        tools: Arc::new(Tools),
        state: Arc::new(Values::default()),
        memories: Arc::new(NoMemories),
        files: FILES.0.clone(),
        network: Network::default(),
        log: Arc::new(Lines),
        ..Grants::default()
    }
}

/// The directory is the same for all executions; what is written stays within its quota for each.
static FILES: LazyLock<(Files, TempDir)> = LazyLock::new(|| {
    let directory = TempDir::new().expect("a directory");
    std::fs::create_dir(directory.path().join("d")).expect("a directory");
    std::fs::write(directory.path().join("a"), "text").expect("a file");
    std::os::unix::fs::symlink("/etc/passwd", directory.path().join("l")).expect("a link");
    let quota = Quota {
        bytes_max: 64 * 1024,
        files_max: 16,
    };
    let open = |guest, access| Directory::open(directory.path(), guest, access, quota);
    let read_write = open("/w", Access::ReadWrite).expect("a grant");
    let read = open("/r", Access::Read).expect("a grant");
    let files = Files::new([read_write, read]).expect("grants");
    (files, directory)
});

struct Lines;

impl Log for Lines {
    fn line(&self, _: LogLevel, message: &str) {
        assert!(message.len() <= vesicle_sandbox::STREAM_BYTES_MAX);
    }
}

struct Tools;

#[async_trait]
impl ToolCall for Tools {
    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Tool>, CapabilityError> {
        let tool = self.describe(query).await?;
        Ok(vec![tool; limit.min(3)])
    }

    async fn describe(&self, name: &str) -> Result<Tool, CapabilityError> {
        Ok(Tool {
            name: name.to_owned(),
            description: "a tool".to_owned(),
            input_schema: RawValue::NULL.to_owned(),
            output_schema: None,
        })
    }

    async fn call(
        &self,
        name: &str,
        arguments: &RawValue,
    ) -> Result<Box<RawValue>, CapabilityError> {
        let read: serde_json::Value = serde_json::from_str(arguments.get()).expect("JSON");
        assert!(read.is_object(), "{read}");
        match name.len() % 4 {
            0 => tokio::time::sleep(Duration::from_millis(1)).await,
            1 => tokio::task::yield_now().await,
            2 => return Err(CapabilityError::Timeout("slow".to_owned())),
            _ => {}
        }
        Ok(arguments.to_owned())
    }
}

#[derive(Default)]
struct Values(Mutex<BTreeMap<String, Box<RawValue>>>);

#[async_trait]
impl State for Values {
    async fn get(&self, key: &str) -> Result<Option<Box<RawValue>>, CapabilityError> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    async fn set(
        &self,
        key: &str,
        value: &RawValue,
        _: Option<Duration>,
    ) -> Result<(), CapabilityError> {
        let mut values = self.0.lock().unwrap();
        values.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&RawValue>,
        new: &RawValue,
    ) -> Result<bool, CapabilityError> {
        let mut values = self.0.lock().unwrap();
        let same = values.get(key).map(|value| value.get()) == expected.map(RawValue::get);
        if same {
            values.insert(key.to_owned(), new.to_owned());
        }
        Ok(same)
    }

    async fn delete(&self, key: &str) -> Result<bool, CapabilityError> {
        Ok(self.0.lock().unwrap().remove(key).is_some())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, CapabilityError> {
        let values = self.0.lock().unwrap();
        let keys = values.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }
}
