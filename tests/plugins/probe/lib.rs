//! Tries what a plugin is granted.

wit_bindgen::generate!({
    path: "wit",
    world: "plugin",
    generate_all,
});

use vesicle::plugin::state;

struct Plugin;

impl Guest for Plugin {
    fn variable(name: String) -> Option<String> {
        std::env::var(name).ok()
    }

    fn count() -> Result<u32, String> {
        let told = |error: vesicle::plugin::types::Error| format!("{error:?}");
        let known = state::get("count").map_err(told)?;
        let count = known.and_then(|text| text.parse().ok()).unwrap_or(0) + 1;
        state::set("count", &u32::to_string(&count), None).map_err(told)?;
        Ok(count)
    }

    fn take(mb: u32) -> u32 {
        let taken = vec![1_u8; (mb as usize) << 20];
        taken.iter().step_by(1 << 20).map(|byte| u32::from(*byte)).sum()
    }

    fn save(path: String, bytes: u32) -> Result<(), String> {
        std::fs::write(path, vec![0; bytes as usize]).map_err(|error| error.to_string())
    }

    fn spin() {
        let mut turns = 0_u64;
        loop {
            turns = std::hint::black_box(turns + 1);
        }
    }
}

export!(Plugin);
