//! Calls that are made again with answers. What was answered before travels with the client, in `requestState`, sealed so
//! that it is of use for the call that it was given for and for nothing else. Nothing is kept here meanwhile; the keys are in
//! `sealing.rs`.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rmcp::{ErrorData, RoleServer, model::InputResponses, service::RequestContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vesicle_memory::database::PostgresUrl;

use super::{
    execute::client,
    sealing::{Key, Keyring},
};

/// How long a call may wait for answers.
pub const ROUND_TIME_MAX: Duration = Duration::from_secs(3_600);
/// How long all answers of a call may be together, in bytes of JSON.
pub const ANSWERS_BYTES_MAX: usize = 64 << 10;
/// The length of what proves that a state is ours.
const PROOF_BYTES: usize = blake3::OUT_LEN;

/// Seals states, with a key of this process or of all hosts that share a database.
pub struct Seal(Keyring);

/// What a state says.
#[derive(Serialize, Deserialize)]
struct State {
    /// The digest of the call.
    call: String,
    /// When it was first answered so, in seconds.
    at: u64,
    answers: BTreeMap<String, Value>,
}

/// A call, with what was answered so far.
pub struct Round {
    call: String,
    /// Answers by the names of questions.
    pub answers: BTreeMap<String, Value>,
}

impl Seal {
    /// One with the keys of the hosts that share this database, or with its own.
    pub fn new(shared: Option<&PostgresUrl>) -> Self {
        Self(shared.map_or_else(Keyring::own, Keyring::shared))
    }

    /// What a request for `method` of `what` brings along.
    ///
    /// # Errors
    /// A state that was not given for this call, or too long ago.
    pub fn open(
        &self,
        context: &RequestContext<RoleServer>,
        what: &[&str],
        sent: (Option<InputResponses>, Option<String>),
    ) -> Result<Round, ErrorData> {
        let account = client(context).account.unwrap_or_default();
        let call = digest(&account, what);
        let (responses, state) = sent;
        let now = seconds();
        let mut answers = match state {
            None => BTreeMap::new(),
            Some(state) => self.read(&state, &call, now).ok_or_else(|| {
                ErrorData::invalid_params(
                    "`requestState` is not what this server gave for this call, or is too old; make the call again without it",
                    None,
                )
            })?,
        };
        answers.extend(responses.unwrap_or_default());
        Ok(Round { call, answers })
    }

    fn read(&self, state: &str, call: &str, now: u64) -> Option<BTreeMap<String, Value>> {
        let bytes = URL_SAFE_NO_PAD.decode(state).ok()?;
        let (proof, text) = bytes.split_at_checked(PROOF_BYTES)?;
        let proof: [u8; PROOF_BYTES] = proof.try_into().ok()?;
        // In constant time.
        let is_of = |key: &Key| blake3::keyed_hash(key, text) == blake3::Hash::from(proof);
        if !self.0.keys().opens.iter().any(is_of) {
            self.0.is_unknown();
            return None;
        }
        let state: State = serde_json::from_slice(text).ok()?;
        let is_fresh = now.saturating_sub(state.at) <= ROUND_TIME_MAX.as_secs();
        (is_fresh && state.call == call).then_some(state.answers)
    }

    /// The state with which a call is made again.
    ///
    /// # Errors
    /// The answers are too long.
    pub fn close(&self, round: Round) -> Result<String, String> {
        self.write(round, seconds())
    }

    fn write(&self, round: Round, at: u64) -> Result<String, String> {
        let state = State {
            call: round.call,
            at,
            answers: round.answers,
        };
        let text = serde_json::to_vec(&state).map_err(|error| error.to_string())?;
        if text.len() > ANSWERS_BYTES_MAX {
            return Err(format!(
                "the answers so far are {} bytes, and {ANSWERS_BYTES_MAX} are kept between the rounds of a call",
                text.len()
            ));
        }
        let key = self.0.keys().seals.ok_or(
            "there is no key yet to seal the answers so far with; make the call again in a moment",
        )?;
        let proof = blake3::keyed_hash(&key, &text);
        Ok(URL_SAFE_NO_PAD.encode([proof.as_bytes(), &text[..]].concat()))
    }
}

fn digest(account: &str, what: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [account].iter().chain(what) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn round(text: &str) -> Round {
        Round {
            call: "call".to_owned(),
            answers: BTreeMap::from([("a".to_owned(), json!(text))]),
        }
    }

    #[test]
    fn a_state_is_good_for_its_call_its_time_and_its_key() {
        let seal = Seal::new(None);
        let state = seal.write(round("x"), 1_000).unwrap();
        let last = 1_000 + ROUND_TIME_MAX.as_secs();
        assert_eq!(seal.read(&state, "call", last).unwrap()["a"], "x");
        assert!(seal.read(&state, "call", last + 1).is_none(), "too old");
        assert!(seal.read(&state, "other", last).is_none());
        assert!(Seal::new(None).read(&state, "call", last).is_none());
        assert!(
            seal.read(&format!("{state}-TAMPERED"), "call", last)
                .is_none()
        );
        let mut changed = URL_SAFE_NO_PAD.decode(&state).unwrap();
        *changed.last_mut().unwrap() ^= 1;
        assert!(
            seal.read(&URL_SAFE_NO_PAD.encode(changed), "call", last)
                .is_none()
        );
        for state in ["", "AAAA", "no base64!"] {
            assert!(seal.read(state, "call", last).is_none(), "{state}");
        }
    }

    #[test]
    fn answers_are_bounded_at_their_edge() {
        let seal = Seal::new(None);
        let rest = serde_json::to_vec(&State {
            call: "call".to_owned(),
            at: 1_000,
            answers: round("").answers,
        });
        let room = ANSWERS_BYTES_MAX - rest.unwrap().len();
        assert!(seal.write(round(&"x".repeat(room)), 1_000).is_ok());
        let long = seal.write(round(&"x".repeat(room + 1)), 1_000).unwrap_err();
        assert!(long.contains("65536 are kept"), "{long}");
    }

    #[test]
    fn no_two_calls_are_the_same() {
        assert_ne!(digest("a", &["bc"]), digest("ab", &["c"]));
        assert_ne!(digest("", &["a", "b"]), digest("", &["ab"]));
    }
}
