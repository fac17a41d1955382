//! What was recommended, what came of it, and what that says of the recommendations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::learning::adopted;
use crate::limits::SESSION_IDS_MAX;
use crate::memory::complete::{check_outcome, from_json, pattern_in, put_pattern, to_json};
use crate::memory::{Memory, check};
use crate::model::{EpisodeId, Feedback, Outcome, PatternId, Session, SessionId, now};
use crate::store::{self, Read, Record, RecordKind, Records, Write};
use crate::{Error, Result};

/// What was recommended, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// The episode that asked.
    pub episode_id: EpisodeId,
    /// The patterns that were recommended.
    pub recommended_pattern_ids: Vec<PatternId>,
    /// The playbooks that were recommended, by whatever ids the client has for them.
    #[serde(default)]
    pub recommended_playbook_ids: Vec<String>,
    /// The session's id, when the client has one; otherwise one is made.
    #[serde(default)]
    pub session_id: Option<SessionId>,
}

/// What came of it, as it is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeedback {
    /// The session.
    pub session_id: SessionId,
    /// The patterns that were followed.
    #[serde(default)]
    pub applied_pattern_ids: Vec<PatternId>,
    /// The episodes that were read.
    #[serde(default)]
    pub consulted_episode_ids: Vec<EpisodeId>,
    /// How it ended.
    pub outcome: Outcome,
    /// How useful it was, from 0 to 1.
    #[serde(default)]
    pub agent_rating: Option<f64>,
}

/// A session was noted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SessionRecorded {
    /// Always true; a failure is an error.
    pub success: bool,
    /// What feedback has to name.
    pub session_id: SessionId,
    /// For people.
    pub message: String,
}

/// Feedback was noted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FeedbackRecorded {
    /// Always true; a failure is an error.
    pub success: bool,
    /// The session.
    pub session_id: SessionId,
    /// The patterns that it counted for.
    pub updated_pattern_ids: Vec<PatternId>,
    /// For people.
    pub message: String,
}

/// What feedback says of the recommendations.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct RecommendationStats {
    /// How many sessions there are.
    pub total_sessions: u64,
    /// How many have feedback.
    pub total_feedback: u64,
    /// Patterns that were recommended in sessions with feedback.
    pub patterns_recommended: u64,
    /// Those of them that were followed.
    pub patterns_applied: u64,
    /// The share that was followed; none before the first feedback.
    pub adoption_rate: Option<f64>,
    /// The share of successes where something was followed.
    pub success_after_adoption_rate: Option<f64>,
    /// The share of successes where nothing was.
    pub success_without_adoption_rate: Option<f64>,
    /// The mean rating.
    pub avg_agent_rating: Option<f64>,
}

impl Memory {
    /// Notes what was recommended.
    ///
    /// # Errors
    /// There is no such episode, too many ids, or another session with this id.
    pub async fn record_recommendation_session(&self, new: NewSession) -> Result<SessionRecorded> {
        check::count(
            "recommended_pattern_ids",
            new.recommended_pattern_ids.len(),
            SESSION_IDS_MAX,
        )?;
        check::count(
            "recommended_playbook_ids",
            new.recommended_playbook_ids.len(),
            SESSION_IDS_MAX,
        )?;
        for id in &new.recommended_playbook_ids {
            check::text(
                "recommended_playbook_ids",
                id,
                crate::limits::LABEL_BYTES_MAX,
            )?;
        }
        let session_id = new.session_id.unwrap_or_else(SessionId::new);
        self.writing(move |memory, tx| {
            memory.episode_in(tx, new.episode_id)?;
            let session = Session {
                session_id,
                episode_id: new.episode_id,
                timestamp: now(),
                recommended_pattern_ids: new.recommended_pattern_ids.clone(),
                recommended_playbook_ids: new.recommended_playbook_ids.clone(),
                feedback: None,
            };
            if let Some(known) = session_in(tx, session_id)? {
                let is_same = known.episode_id == session.episode_id
                    && known.recommended_pattern_ids == session.recommended_pattern_ids
                    && known.recommended_playbook_ids == session.recommended_playbook_ids;
                if !is_same {
                    return Err(Error::Conflict(format!(
                        "there is another session {session_id}; leave session_id out to get a new one"
                    )));
                }
            } else {
                memory.note_session(tx, &session)?;
            }
            Ok(SessionRecorded {
                success: true,
                session_id,
                message: "The session is noted; send record_recommendation_feedback when it is over.".to_owned(),
            })
        })
        .await
    }

    /// Notes what came of a session. Patterns that were followed are ranked by it from now on. The same feedback sent twice
    /// counts once.
    ///
    /// # Errors
    /// There is no such session, it has other feedback, or a field is not what it must be.
    pub async fn record_recommendation_feedback(
        &self,
        new: NewFeedback,
    ) -> Result<FeedbackRecorded> {
        check_outcome(&new.outcome)?;
        check::count(
            "applied_pattern_ids",
            new.applied_pattern_ids.len(),
            SESSION_IDS_MAX,
        )?;
        check::count(
            "consulted_episode_ids",
            new.consulted_episode_ids.len(),
            SESSION_IDS_MAX,
        )?;
        if let Some(rating) = new.agent_rating {
            check::share("agent_rating", rating)?;
        }
        self.writing(move |memory, tx| memory.note_feedback(tx, &new))
            .await
    }

    /// What feedback says of the recommendations.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn get_recommendation_stats(&self) -> Result<RecommendationStats> {
        self.reading(|memory, tx| {
            let mut sum = Sum::default();
            for record in tx.records(&Records::all(RecordKind::Session))? {
                let session: Session = from_json(&record.body)?;
                if memory.granted.is_none() || memory.episode_in(tx, session.episode_id).is_ok() {
                    sum.add(&session);
                }
            }
            Ok(sum.stats())
        })
        .await
    }

    /// Notes that patterns were recommended for an episode.
    pub(in crate::memory) fn note_recommended(
        &self,
        episode_id: EpisodeId,
        ids: Vec<PatternId>,
    ) -> Result<SessionId> {
        let session = Session {
            session_id: SessionId::new(),
            episode_id,
            timestamp: now(),
            recommended_pattern_ids: ids,
            recommended_playbook_ids: Vec::new(),
            feedback: None,
        };
        store::write(&*self.inner.store, |tx| {
            self.episode_in(tx, episode_id)?;
            self.note_session(tx, &session)
        })?;
        Ok(session.session_id)
    }

    fn note_session(&self, tx: &mut dyn Write, session: &Session) -> Result<()> {
        for id in &session.recommended_pattern_ids {
            let Some(mut pattern) =
                pattern_in(tx, *id)?.filter(|pattern| self.sees(&pattern.domain))
            else {
                return Err(Error::not_found(
                    "pattern",
                    id,
                    "take an id that search_patterns answered with",
                ));
            };
            pattern.effectiveness.times_retrieved += 1;
            put_pattern(tx, &pattern)?;
        }
        put_session(tx, session)
    }

    fn note_feedback(&self, tx: &mut dyn Write, new: &NewFeedback) -> Result<FeedbackRecorded> {
        let instead = "take the session_id of recommend_patterns or record_recommendation_session";
        let missing = || Error::not_found("recommendation session", new.session_id, instead);
        let mut session = session_in(tx, new.session_id)?.ok_or_else(missing)?;
        let mut episode = self
            .episode_in(tx, session.episode_id)
            .map_err(|_| missing())?;
        let feedback = Feedback {
            applied_pattern_ids: new.applied_pattern_ids.clone(),
            consulted_episode_ids: new.consulted_episode_ids.clone(),
            outcome: new.outcome.clone(),
            agent_rating: new.agent_rating,
            timestamp: now(),
        };
        let answer = |message: &str| FeedbackRecorded {
            success: true,
            session_id: new.session_id,
            updated_pattern_ids: new.applied_pattern_ids.clone(),
            message: message.to_owned(),
        };
        if let Some(known) = &session.feedback {
            let known = Feedback {
                timestamp: feedback.timestamp,
                ..known.clone()
            };
            if known == feedback {
                return Ok(answer("The feedback was noted before, and is the same."));
            }
            return Err(Error::Conflict(format!(
                "the session {} has other feedback; it stays so, and new advice gets a new session",
                new.session_id
            )));
        }
        for id in &new.applied_pattern_ids {
            if !session.recommended_pattern_ids.contains(id) {
                return Err(Error::Invalid(format!(
                    "the pattern {id} was not recommended in this session; name only those that were"
                )));
            }
            // What was removed since has nothing to count for.
            if let Some(pattern) = pattern_in(tx, *id)? {
                put_pattern(
                    tx,
                    &adopted(pattern, new.outcome.kind(), feedback.timestamp),
                )?;
            }
            if !episode.applied_patterns.contains(id) {
                episode.applied_patterns.push(*id);
            }
        }
        session.feedback = Some(feedback);
        put_session(tx, &session)?;
        // Its text is the same; only what was followed is noted.
        episode.steps = tx.steps(episode.episode_id)?;
        self.put_found(tx, &episode)?;
        Ok(answer("The feedback is noted."))
    }
}

fn session_in(tx: &mut (impl Read + ?Sized), id: SessionId) -> Result<Option<Session>> {
    let record = tx.record(RecordKind::Session, &id.to_string())?;
    record.map(|record| from_json(&record.body)).transpose()
}

fn put_session(tx: &mut dyn Write, session: &Session) -> Result<()> {
    tx.put_record(&Record {
        kind: RecordKind::Session,
        id: session.session_id.to_string(),
        a: session.episode_id.to_string(),
        b: String::new(),
        body: to_json(session)?,
    })
}

#[derive(Default)]
struct Sum {
    stats: RecommendationStats,
    with_adoption: (u64, u64),
    without_adoption: (u64, u64),
    ratings: Vec<f64>,
}

impl Sum {
    fn add(&mut self, session: &Session) {
        self.stats.total_sessions += 1;
        let Some(feedback) = &session.feedback else {
            return;
        };
        self.stats.total_feedback += 1;
        self.stats.patterns_recommended += session.recommended_pattern_ids.len() as u64;
        self.stats.patterns_applied += feedback.applied_pattern_ids.len() as u64;
        let of = if feedback.applied_pattern_ids.is_empty() {
            &mut self.without_adoption
        } else {
            &mut self.with_adoption
        };
        of.0 += u64::from(feedback.outcome.kind().is_successful());
        of.1 += 1;
        self.ratings.extend(feedback.agent_rating);
    }

    fn stats(mut self) -> RecommendationStats {
        let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
        let stats = &mut self.stats;
        stats.adoption_rate = share(stats.patterns_applied, stats.patterns_recommended);
        stats.success_after_adoption_rate = share(self.with_adoption.0, self.with_adoption.1);
        stats.success_without_adoption_rate =
            share(self.without_adoption.0, self.without_adoption.1);
        let ratings = self.ratings.len();
        stats.avg_agent_rating =
            (ratings > 0).then(|| self.ratings.iter().sum::<f64>() / ratings as f64);
        self.stats
    }
}
