//! The instances of plugins that have one for each session. They end with the session, with a call that does not return, when
//! nobody called them for long, and when the plugin or its rights are others.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use vesicle_plugins::{digest::Digest, grants::Effective, name::PluginName};
use vesicle_sandbox::Residence;

/// Into how many parts the time between two looks at instances divides the longest idle time, at most.
const LOOKS: u32 = 10;

/// The instances of one session. Clones are the same; the instances end with the last of them.
#[derive(Clone)]
pub struct Instances(Arc<Inner>);

struct Inner {
    idle_max: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    residences: HashMap<Whose, (MadeFor, Residence)>,
    is_swept: bool,
}

/// Whose an instance is. Each profile has its own, since each has limits of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Whose {
    pub plugin: PluginName,
    pub profile: String,
}

/// What an instance was made for. It makes room for one that was made for anything else.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MadeFor {
    pub version: Digest,
    pub rights: Effective,
}

impl Instances {
    /// Of a session that begins, each of them ended when it was not called for `idle_max`.
    pub fn new(idle_max: Duration) -> Self {
        Self(Arc::new(Inner {
            idle_max,
            kept: Mutex::default(),
        }))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.kept.lock().residences.is_empty()
    }

    /// Where the instance of a plugin lives, or will.
    pub(super) fn residence(&self, whose: Whose, made_for: MadeFor) -> Residence {
        let mut kept = self.0.kept.lock();
        if !std::mem::replace(&mut kept.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.0), self.0.idle_max));
        }
        match kept.residences.get(&whose) {
            Some((known, residence)) if *known == made_for => residence.clone(),
            _ => {
                let residence = Residence::default();
                let entry = (made_for, residence.clone());
                kept.residences.insert(whose, entry);
                residence
            }
        }
    }
}

/// Ends what is not called any more, as long as the session is there and has instances.
async fn sweep(instances: Weak<Inner>, idle_max: Duration) {
    let mut next = idle_max;
    loop {
        tokio::time::sleep(next).await;
        let Some(inner) = instances.upgrade() else {
            return;
        };
        let mut kept = inner.kept.lock();
        kept.residences
            .retain(|_, (_, residence)| residence.idle().is_none_or(|idle| idle < idle_max));
        if kept.residences.is_empty() {
            kept.is_swept = false;
            return;
        }
        let idle = kept.residences.values().filter_map(|(_, it)| it.idle());
        let longest = idle.max().unwrap_or_default();
        next = idle_max.saturating_sub(longest).max(idle_max / LOOKS);
    }
}
