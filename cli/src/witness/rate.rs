//! How often one address may ask for something: a bucket for each address, in bounded memory.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Addresses that are remembered at once.
const ADDRESSES_MAX: usize = 16_384;
/// The window in which requests are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts requests by address.
pub struct Rate {
    per_minute: u32,
    seen: Mutex<BTreeMap<IpAddr, (Instant, u32)>>,
}

impl Rate {
    /// At most `per_minute` requests of each address in a minute.
    pub fn new(per_minute: u32) -> Rate {
        Rate {
            per_minute,
            seen: Mutex::default(),
        }
    }

    /// Counts a request; `Err`: too many, come again after so long.
    pub fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ADDRESSES_MAX {
            seen.retain(|_, (begun, _)| now.duration_since(*begun) < WINDOW);
            // Too many addresses at once is an attack: forgetting them is better than refusing everybody else.
            if seen.len() >= ADDRESSES_MAX {
                seen.clear();
            }
        }
        let (begun, count) = seen.entry(network(address)).or_insert((now, 0));
        let elapsed = now.duration_since(*begun);
        if elapsed >= WINDOW {
            (*begun, *count) = (now, 0);
        }
        if *count >= self.per_minute {
            return Err(WINDOW.saturating_sub(elapsed));
        }
        *count += 1;
        Ok(())
    }
}

/// One subscriber has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_counted_and_another_is_not() {
        let rate = Rate::new(2);
        let (a, b) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let now = Instant::now();
        assert_eq!(rate.take(a, now), Ok(()));
        assert_eq!(rate.take(a, now), Ok(()));
        assert_eq!(rate.take(a, now), Err(WINDOW));
        assert_eq!(rate.take(b, now), Ok(()));
        assert_eq!(rate.take(a, now + WINDOW), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_subscriber() {
        let rate = Rate::new(1);
        let now = Instant::now();
        assert_eq!(rate.take("2001:db8::1".parse().unwrap(), now), Ok(()));
        assert!(rate.take("2001:db8::2".parse().unwrap(), now).is_err());
        assert_eq!(rate.take("2001:db8:0:1::1".parse().unwrap(), now), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let rate = Rate::new(1);
        let now = Instant::now();
        for number in 0..(ADDRESSES_MAX as u32 + 10) {
            assert_eq!(rate.take(IpAddr::V4(number.into()), now), Ok(()));
        }
        assert!(rate.seen.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
