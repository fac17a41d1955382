//! Episodes as they might be, the same each time.

use std::io::Write;

use serde_json::json;
use vesicle_memory::EpisodeId;

pub const DOMAINS: [&str; 10] = [
    "web", "cli", "billing", "search", "auth", "mobile", "infra", "data", "docs", "games",
];
const TASK_TYPES: [&str; 6] = [
    "code_generation",
    "debugging",
    "refactoring",
    "testing",
    "analysis",
    "documentation",
];
const TOOLS: [&str; 12] = [
    "read", "edit", "test", "search", "shell", "plan", "build", "deploy", "fetch", "query",
    "think", "format",
];
const WORDS: u64 = 20_000;
const STEPS: u64 = 10;

/// A small generator of numbers; the quality of chance does not matter here.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Few words are common and most are rare, as in texts.
    fn word(&mut self) -> String {
        let share = (self.next() % 1_000_000) as f64 / 1e6;
        let rank = (WORDS as f64).powf(share) as u64;
        let mut letters = Numbers(rank);
        let syllables = [
            "ba", "ko", "ri", "ten", "su", "lor", "ma", "vi", "per", "do", "qua", "nel", "tor",
            "zi", "fa", "gu",
        ];
        let count = 2 + letters.next() % 3;
        (0..count)
            .map(|_| syllables[(letters.next() % 16) as usize])
            .collect()
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

pub fn query(round: usize) -> String {
    let mut numbers = Numbers(round as u64 ^ 0xfeed);
    let count = 3 + round % 8;
    numbers.words(count)
}

pub fn export(to: &mut impl Write, episodes: usize) {
    writeln!(
        to,
        r#"{{"kind":"header","format":"vesicle-memory","version":1}}"#
    )
    .unwrap();
    for number in 0..episodes as u64 {
        let mut numbers = Numbers(number * 1_000_003);
        let id = EpisodeId::of(&number.to_string());
        let minute = number % 500_000;
        let start = format!(
            "2026-{:02}-{:02}T{:02}:{:02}:00Z",
            1 + minute / 50_000,
            1 + minute / 1440 % 28,
            minute / 60 % 24,
            minute % 60
        );
        let steps: Vec<_> = (1..=STEPS)
            .map(|step| {
                json!({
                    "step_number": step, "timestamp": start, "tool": TOOLS[(numbers.next() % 12) as usize],
                    "action": numbers.words(6), "parameters": {"path": format!("src/{}/{}.rs", numbers.word(), numbers.word())},
                    "result": {"type": "success", "output": numbers.words(15)}, "latency_ms": numbers.next() % 1000, "tokens_used": null,
                })
            })
            .collect();
        let is_success = numbers.next() % 3 != 1;
        let outcome = if is_success {
            json!({"type": "success", "verdict": numbers.words(6), "artifacts": []})
        } else {
            json!({"type": "failure", "reason": numbers.words(6)})
        };
        let episode = json!({
            "episode_id": id, "task_type": TASK_TYPES[(numbers.next() % 6) as usize], "task_description": numbers.words(12),
            "context": {"domain": DOMAINS[(numbers.next() % 10) as usize], "complexity": "moderate"},
            "start_time": start, "end_time": start, "steps": steps, "outcome": outcome,
            "reward": {"total": f64::from(u8::from(is_success)), "base": 1.0, "efficiency": 1.0, "complexity_bonus": 1.0, "quality_multiplier": 1.0, "learning_bonus": 0.0},
            "quality_score": 0.8, "tags": [],
        });
        writeln!(to, "{}", json!({"kind": "episode", "episode": episode})).unwrap();
    }
    writeln!(to, r#"{{"kind":"end","episodes":{episodes},"records":0}}"#).unwrap();
}
