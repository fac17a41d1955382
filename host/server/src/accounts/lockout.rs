//! Whoever sends wrong tokens has to wait, each time twice as long.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::OnceLock,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// How many wrong tokens an address may send before it has to wait.
pub const FAILURES_FREE: u32 = 5;
/// How long it waits after the next one; twice as long after each further one.
const LOCKOUT_FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
pub const LOCKOUT_MAX: Duration = Duration::from_secs(15 * 60);
/// How many addresses are remembered. Whoever has more of them is not stopped by counting each one.
const ADDRESSES_MAX: usize = 10_000;

/// Counts what went wrong, by address.
#[derive(Default)]
pub struct Lockout {
    known: Mutex<HashMap<IpAddr, Failures>>,
    tell: OnceLock<Tell>,
}

/// Told of each token that came here from an address, and whether it was right. It must not wait.
pub type Tell = Box<dyn Fn(IpAddr, bool) + Send + Sync>;

impl fmt::Debug for Lockout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lockout").field(&self.known).finish()
    }
}

#[derive(Debug)]
struct Failures {
    count: u32,
    until: Instant,
}

impl Lockout {
    /// Tells this of what comes here; once, for those who count with others.
    pub fn tell(&self, tell: Tell) {
        let _ = self.tell.set(tell);
    }

    /// How long this address still has to wait, if it has to.
    pub fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.known.lock();
        let known = failures.get(&network(address))?;
        let is_locked = known.count > FAILURES_FREE && known.until > now;
        is_locked.then(|| known.until - now)
    }

    /// This address sent a wrong token.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        self.failed_elsewhere(address, now);
        if let Some(tell) = self.tell.get() {
            tell(network(address), false);
        }
    }

    /// This address sent a wrong token to another host that counts with this one.
    pub fn failed_elsewhere(&self, address: IpAddr, now: Instant) {
        let mut failures = self.known.lock();
        if failures.len() >= ADDRESSES_MAX && !failures.contains_key(&network(address)) {
            failures.retain(|_, known| known.until + LOCKOUT_MAX > now);
            let soonest = failures.iter().min_by_key(|(_, known)| known.until);
            let soonest = soonest.map(|(address, _)| *address);
            if let (true, Some(soonest)) = (failures.len() >= ADDRESSES_MAX, soonest) {
                failures.remove(&soonest);
            }
        }
        let known = failures.entry(network(address)).or_insert(Failures {
            count: 0,
            until: now,
        });
        // Whoever stayed away as long as the longest wait begins anew.
        if now.saturating_duration_since(known.until) > LOCKOUT_MAX {
            known.count = 0;
        }
        known.count = known.count.saturating_add(1);
        known.until = now + wait_after(known.count);
    }

    /// This address sent a right one.
    pub fn succeeded(&self, address: IpAddr) {
        // Where nothing was wrong nobody has anything to forget.
        let forgiven = self.succeeded_elsewhere(address);
        if let (true, Some(tell)) = (forgiven, self.tell.get()) {
            tell(network(address), true);
        }
    }

    /// This address sent a right one to another host that counts with this one. Says whether anything is forgiven by that.
    pub fn succeeded_elsewhere(&self, address: IpAddr) -> bool {
        self.known.lock().remove(&network(address)).is_some()
    }
}

fn wait_after(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(FAILURES_FREE + 1) else {
        return Duration::ZERO;
    };
    let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
    LOCKOUT_FIRST.saturating_mul(factor).min(LOCKOUT_MAX)
}

/// What one customer of a network has: with IPv6 that is 64 bits of addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn waits_begin_after_the_free_failures_and_double_up_to_the_longest() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..FAILURES_FREE {
            lockout.failed(ADDRESS, now);
            assert_eq!(lockout.wait(ADDRESS, now), None);
        }
        let mut wanted = LOCKOUT_FIRST;
        for _ in 0..40 {
            lockout.failed(ADDRESS, now);
            assert_eq!(lockout.wait(ADDRESS, now), Some(wanted));
            wanted = (wanted * 2).min(LOCKOUT_MAX);
        }
        assert_eq!(lockout.wait(ADDRESS, now + LOCKOUT_MAX), None);
    }

    #[test]
    fn a_right_token_or_time_forgives() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..FAILURES_FREE + 3 {
            lockout.failed(ADDRESS, now);
        }
        lockout.succeeded(ADDRESS);
        assert_eq!(lockout.wait(ADDRESS, now), None);
        for _ in 0..FAILURES_FREE + 3 {
            lockout.failed(ADDRESS, now);
        }
        let later = now + 2 * LOCKOUT_MAX;
        lockout.failed(ADDRESS, later);
        assert_eq!(lockout.wait(ADDRESS, later), None, "the count began anew");
    }

    #[test]
    fn one_network_is_one_address_and_another_is_another() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for last in 0..=FAILURES_FREE {
            lockout.failed(address(&format!("2001:db8::{last}")), now);
        }
        assert!(lockout.wait(address("2001:db8::ffff"), now).is_some());
        assert!(lockout.wait(address("2001:db8:0:1::1"), now).is_none());
        assert!(lockout.wait(ADDRESS, now).is_none());
    }

    #[test]
    fn what_came_here_is_told_and_what_came_elsewhere_is_not() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let told = std::sync::Arc::new(Mutex::new(Vec::new()));
        let telling = told.clone();
        lockout.tell(Box::new(move |address, is_right| {
            telling.lock().push((address, is_right));
        }));
        lockout.succeeded(ADDRESS);
        for _ in 0..FAILURES_FREE {
            lockout.failed_elsewhere(ADDRESS, now);
        }
        assert_eq!(lockout.wait(ADDRESS, now), None);
        lockout.failed(ADDRESS, now);
        assert_eq!(lockout.wait(ADDRESS, now), Some(LOCKOUT_FIRST));
        lockout.succeeded(ADDRESS);
        assert_eq!(*told.lock(), [(ADDRESS, false), (ADDRESS, true)]);
        lockout.failed_elsewhere(ADDRESS, now);
        assert!(lockout.succeeded_elsewhere(ADDRESS));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for number in 0..ADDRESSES_MAX as u32 + 10 {
            lockout.failed(std::net::Ipv4Addr::from_bits(number).into(), now);
        }
        assert_eq!(lockout.known.lock().len(), ADDRESSES_MAX);
    }
}
