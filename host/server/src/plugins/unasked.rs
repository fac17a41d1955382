//! A caller who is told things and not asked: for plugins that are not granted questions.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::value::RawValue;
use vesicle_sandbox::{Askable, Caller, CallerLevel, NoCaller, Question, Unanswered};

/// This caller, without questions.
pub struct Unasked(pub Arc<dyn Caller>);

#[async_trait]
impl Caller for Unasked {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        self.0.progress(done, total, message);
    }

    fn log(&self, level: CallerLevel, message: &str) {
        self.0.log(level, message);
    }

    fn askable(&self) -> Askable {
        Askable::default()
    }

    fn waits(&self) -> bool {
        self.0.waits()
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Box<RawValue>>, Unanswered> {
        NoCaller.ask(questions).await
    }
}
