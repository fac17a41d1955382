//! Instances that stay from one call to the next, for components that keep something in their memory
//! between calls. Each call has limits and capabilities of its own nevertheless, and an instance ends
//! with the first call that does not return.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tracing::{Instrument as _, info_span};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::guest::{Grants, Guest};
use crate::report::{Ended, Ran};
use crate::runtime::Runtime;
use crate::sandbox::Sandbox;
use crate::{ExecuteError, Limits, TRACE};

/// How many calls may wait for one instance.
pub const INSTANCE_QUEUE_MAX: usize = 64;

/// Where the instance of one component lives. Calls of it come one after the other. Clones are the same
/// place; the instance ends with the last of them.
#[derive(Clone, Default)]
pub struct Residence(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: AtomicUsize,
    house: tokio::sync::Mutex<House>,
}

struct House {
    resident: Option<Resident>,
    left: Instant,
}

impl Default for House {
    fn default() -> Self {
        Self {
            resident: None,
            left: Instant::now(),
        }
    }
}

/// An instance between two calls.
struct Resident {
    store: Store<Guest>,
    instance: Instance,
    limits: Limits,
    /// Where the code of its component lies, which tells components apart.
    code: usize,
    room: Room,
}

/// A call's stay in a residence.
pub struct Visit<'r>(tokio::sync::MutexGuard<'r, House>);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.left = Instant::now();
    }
}

impl Residence {
    /// Whether no instance lives there, because none was made or the last one ended. One that is being
    /// called lives there.
    pub fn is_vacant(&self) -> bool {
        let house = self.0.house.try_lock();
        house.is_ok_and(|house| house.resident.is_none())
    }

    /// Since when nobody calls it; `None` while somebody does.
    pub fn idle(&self) -> Option<Duration> {
        let house = self.0.house.try_lock();
        house.ok().map(|house| house.left.elapsed())
    }

    /// Enters after those who came before have left.
    ///
    /// # Errors
    /// [`ExecuteError::InstanceBusy`] at once, where too many wait.
    pub(crate) async fn enter(&self) -> Result<Visit<'_>, ExecuteError> {
        let Inner { waiting, house } = &*self.0;
        if let Ok(entered) = house.try_lock() {
            return Ok(Visit(entered));
        }
        let _waiting = Waiting::new(waiting)?;
        Ok(Visit(house.lock().await))
    }
}

/// One of those who wait.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn new(waiting: &'w AtomicUsize) -> Result<Self, ExecuteError> {
        let more = |waiting: usize| (waiting < INSTANCE_QUEUE_MAX).then_some(waiting + 1);
        match waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(waiting)),
            Err(waiting) => Err(ExecuteError::InstanceBusy { waiting }),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many instances stay, in all and of each session.
pub struct Residents {
    most: usize,
    session_most: usize,
    present: Mutex<Present>,
}

#[derive(Default)]
struct Present {
    all: usize,
    sessions: HashMap<Arc<str>, usize>,
}

/// Room for one of them, free again when it is dropped.
struct Room {
    residents: Arc<Residents>,
    session: Option<Arc<str>>,
}

impl Residents {
    /// With room for `most`, of which one session has a quarter.
    pub fn new(most: u32) -> Arc<Self> {
        Arc::new(Self {
            most: most as usize,
            session_most: most.div_ceil(4) as usize,
            present: Mutex::default(),
        })
    }

    fn room(self: &Arc<Self>, session: Option<&Arc<str>>) -> Result<Room, ExecuteError> {
        let full = |who, most| Err(ExecuteError::Residents { who, most });
        let mut present = self.present.lock();
        if present.all >= self.most {
            return full("the sandbox", self.most);
        }
        if let Some(session) = session {
            let of_session = present.sessions.entry(session.clone()).or_default();
            if *of_session >= self.session_most {
                return full("this session", self.session_most);
            }
            *of_session += 1;
        }
        present.all += 1;
        Ok(Room {
            residents: self.clone(),
            session: session.cloned(),
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut present = self.residents.present.lock();
        present.all -= 1;
        let Some(session) = &self.session else {
            return;
        };
        if let Some(of_session) = present.sessions.get_mut(session) {
            *of_session -= 1;
            if *of_session == 0 {
                present.sessions.remove(session);
            }
        }
    }
}

/// A call of a function in an instance.
pub struct InstanceCall<'c> {
    pub runtime: &'c Runtime,
    pub linked: &'c InstancePre<Guest>,
    pub limits: &'c Limits,
    pub grants: Grants,
    pub session: Option<&'c Arc<str>>,
    pub start: Instant,
}

impl Sandbox {
    /// As [`Sandbox::run`], in an instance: in the one that lives in a residence, or in a new one, which
    /// stays there if the call returns. One of another component, or with other limits, makes room for it.
    pub(crate) async fn run_instance<T>(
        &self,
        visit: Option<&mut Visit<'_>>,
        call: InstanceCall<'_>,
        work: impl AsyncFnOnce(&mut Store<Guest>, &Instance) -> wasmtime::Result<T>,
    ) -> Result<Ran<T>, ExecuteError> {
        let InstanceCall {
            runtime,
            linked,
            limits,
            grants,
            session,
            start,
        } = call;
        let off_clock = grants.off_clock.clone();
        let code = linked.component().image_range().start.addr();
        let mut place = None;
        let mut found = None;
        if let Some(visit) = visit {
            let resident = visit.0.resident.take();
            found = resident.filter(|it| it.code == code && it.has_limits(limits));
            place = Some(&mut visit.0.resident);
        }
        let (mut store, mut instance, room) = match found {
            Some(mut found) => {
                found.store.data_mut().begin_again(limits, grants);
                (found.store, Some(found.instance), Some(found.room))
            }
            None => {
                let room = place
                    .is_some()
                    .then(|| self.shared().residents.room(session));
                (runtime.store(limits, grants), None, room.transpose()?)
            }
        };
        let call = async |store: &mut Store<Guest>| {
            let instance = match instance {
                Some(instance) => instance,
                None => {
                    let made = linked.instantiate_async(&mut *store);
                    let made = made.instrument(info_span!(target: TRACE, "instantiate"));
                    let made = made.await?;
                    store.data_mut().instantiated = Some(Instant::now());
                    *instance.insert(made)
                }
            };
            let work = work(store, &instance);
            work.instrument(info_span!(target: TRACE, "run")).await
        };
        let ran = self
            .run_in(&mut store, runtime, limits, off_clock, start, call)
            .await?;
        let returned = matches!(ran.ended, Ended::Returned(Ok(_))) && !ran.left.memory_refused;
        if let (true, Some(place), Some(instance), Some(room)) = (returned, place, instance, room) {
            *place = Some(Resident {
                store,
                instance,
                limits: *limits,
                code,
                room,
            });
        }
        Ok(ran)
    }
}

impl Resident {
    /// Whether it was made with these. How long a call may take is the call's.
    fn has_limits(&self, limits: &Limits) -> bool {
        let same_time = Limits {
            wall_time: limits.wall_time,
            ..self.limits
        };
        same_time == *limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_as_many_and_not_one_more() {
        let residents = Residents::new(8);
        let (one, other) = (Arc::<str>::from("one"), Arc::<str>::from("other"));
        let of_one: Vec<_> = (0..2)
            .map(|_| residents.room(Some(&one)).unwrap())
            .collect();
        let told = |room: Result<Room, ExecuteError>| room.map(drop).unwrap_err().to_string();
        insta::assert_snapshot!(told(residents.room(Some(&one))), @"this session keeps 2 instances between calls already, and may keep no more; end one of its sessions, or try again later");
        let _others: Vec<_> = (0..2)
            .map(|_| residents.room(Some(&other)).unwrap())
            .collect();
        let _free: Vec<_> = (0..4).map(|_| residents.room(None).unwrap()).collect();
        assert!(residents.room(None).is_err());
        drop(of_one);
        assert!(residents.room(Some(&one)).is_ok());
    }

    #[tokio::test]
    async fn so_many_wait_and_not_one_more() {
        let residence = Residence::default();
        let entered = residence.enter().await.unwrap();
        let mut waiting: Vec<_> = (0..INSTANCE_QUEUE_MAX)
            .map(|_| Box::pin(residence.enter()))
            .collect();
        for one in &mut waiting {
            assert!(futures_util::poll!(one.as_mut()).is_pending());
        }
        assert!(matches!(
            residence.enter().await,
            Err(ExecuteError::InstanceBusy {
                waiting: INSTANCE_QUEUE_MAX
            })
        ));
        drop(waiting.pop());
        let mut again = Box::pin(residence.enter());
        assert!(futures_util::poll!(again.as_mut()).is_pending());
        drop(entered);
    }
}
