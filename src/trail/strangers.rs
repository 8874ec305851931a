//! How many records there are of people who are not known. Whoever asks from outside, without a login and without a link, could otherwise make the chain
//! as long as they like, in which no row is ever deleted, and take the place of what is done by those who are known. The others are counted.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::clinical::network_of;

/// Records of one kind from one network in a minute, and of all networks.
const OF_ONE: u32 = 30;
const OF_ALL: u32 = 120;
/// Likewise of whoever showed something that not everybody has: a hospital's own network has many people behind one address.
const VOUCHED_OF_ONE: u32 = 60;
const VOUCHED_OF_ALL: u32 = 240;

/// What somebody shows who is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing that anybody could not show.
    Stranger,
    /// A sign-in that began here, an account's name, the code of a queue, the signed word of a provider.
    Vouched,
}

/// Those of this minute.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    minute: i64,
    strangers: Counted,
    vouched: Counted,
}

/// Its table is no longer than what is kept in a minute.
#[derive(Debug, Default)]
struct Counted {
    all: u32,
    by_network: HashMap<Option<IpAddr>, u32>,
}

impl Strangers {
    /// Whether one more record is kept; if so it counts. `origin`: the address, as records have it. `free` of `places` in the queue are:
    /// half of them are for those who are known.
    pub(super) fn admits(
        &mut self,
        standing: Standing,
        origin: Option<&str>,
        minute: i64,
        (free, places): (usize, usize),
    ) -> bool {
        if self.minute != minute {
            *self = Self { minute, ..Self::default() };
        }
        if free <= places / 2 {
            return false;
        }
        let network = origin.and_then(|origin| origin.parse().ok()).map(network_of);
        match standing {
            Standing::Stranger => self.strangers.takes(network, OF_ONE, OF_ALL),
            Standing::Vouched => self.vouched.takes(network, VOUCHED_OF_ONE, VOUCHED_OF_ALL),
        }
    }
}

impl Counted {
    fn takes(&mut self, network: Option<IpAddr>, of_one: u32, of_all: u32) -> bool {
        let own = self.by_network.get(&network).copied().unwrap_or_default();
        if self.all >= of_all || own >= of_one {
            return false;
        }
        self.all += 1;
        self.by_network.insert(network, own + 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: (usize, usize) = (8, 8);

    fn kept(strangers: &mut Strangers, standing: Standing, origins: impl Iterator<Item = String>) -> usize {
        origins.filter(|origin| strangers.admits(standing, Some(origin), 7, EMPTY)).count()
    }

    #[test]
    fn one_network_and_all_together_have_so_many_records_a_minute_and_no_more() {
        let mut strangers = Strangers::default();
        let household = (0..100).map(|host| format!("2001:db8::{host:x}"));
        assert_eq!(kept(&mut strangers, Standing::Stranger, household), 30);
        let everywhere = (0..1000).map(|host| format!("198.51.{}.{}", host / 250, host % 250));
        assert_eq!(kept(&mut strangers, Standing::Stranger, everywhere), 90, "all that is left");
        assert_eq!(strangers.strangers.by_network.len(), 91, "whoever is passed over is not remembered");
        assert!(strangers.admits(Standing::Stranger, None, 8, EMPTY), "the next minute");
    }

    /// Sign-ins were not limited, so that those of persons are there; a stranger wrote as many as they liked.
    #[test]
    fn those_who_show_something_have_their_own_share_and_it_ends_as_well() {
        let mut strangers = Strangers::default();
        let same = || (0..1000).map(|_| "192.0.2.1".to_owned());
        assert_eq!(kept(&mut strangers, Standing::Stranger, same()), 30);
        assert_eq!(kept(&mut strangers, Standing::Vouched, same()), 60);
        let everywhere = (0..1000).map(|host| format!("198.51.{}.{}", host / 250, host % 250));
        assert_eq!(kept(&mut strangers, Standing::Vouched, everywhere), 180);
    }

    #[test]
    fn half_of_the_queue_is_for_those_who_are_known() {
        let mut strangers = Strangers::default();
        assert!(strangers.admits(Standing::Vouched, None, 7, (5, 8)));
        assert!(!strangers.admits(Standing::Vouched, None, 7, (4, 8)));
    }
}
