//! An outcome without secrets.

use serde_json::value::RawValue;
use vesicle_sandbox::{Exception, Location, Outcome};

use super::Secrets;

impl Secrets {
    /// `outcome`, with `[secret NAME]` in place of each secret in its result, in what was printed, and
    /// in what an error tells.
    pub fn redact_outcome(&self, mut outcome: Outcome) -> Outcome {
        if self.redactor().is_none() {
            return outcome;
        }
        match &mut outcome {
            Outcome::Success {
                output,
                uncaught,
                stdout,
                stderr,
                ..
            } => {
                self.redact_raw(output);
                for Exception {
                    name,
                    message,
                    stack,
                } in uncaught
                {
                    self.redact_all([name, message, stack]);
                }
                self.redact_all([stdout, stderr]);
            }
            Outcome::Error {
                name,
                message,
                location,
                stack,
                stdout,
                stderr,
                ..
            } => {
                self.redact_all([name, message, stack, stdout, stderr]);
                location
                    .iter_mut()
                    .for_each(|place| self.redact_place(place));
            }
            Outcome::Timeout { stdout, stderr, .. } => self.redact_all([stdout, stderr]),
            Outcome::LimitExceeded {
                message,
                stdout,
                stderr,
                ..
            } => self.redact_all([message, stdout, stderr]),
            Outcome::SecurityViolation {
                reason, location, ..
            } => {
                self.redact_all([reason]);
                self.redact_place(location);
            }
        }
        outcome
    }

    fn redact_all<const N: usize>(&self, texts: [&mut String; N]) {
        for text in texts {
            *text = self.redact(std::mem::take(text));
        }
    }

    fn redact_place(&self, location: &mut Location) {
        self.redact_all([&mut location.excerpt]);
    }

    fn redact_raw(&self, json: &mut Box<RawValue>) {
        let redacted = self
            .redactor()
            .and_then(|redactor| redactor.json(json.get()));
        if let Some(redacted) = redacted {
            // It is JSON, as `redact.rs` sees to; if it were not, nothing is better than the secret.
            *json = RawValue::from_string(redacted).unwrap_or_else(|_| RawValue::NULL.to_owned());
        }
    }
}
