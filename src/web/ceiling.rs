//! How much is taken on at one time, from one address and in all, and how fast one address may ask. Whatever is more is refused at once,
//! so that those who are here are served.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Edge;
use super::extract::{ClientAddress, client_address};
use super::files::shown_link;
use super::problem::Failure;
use super::throttle::Knock;
use crate::clinical::network_of;

/// So many at one time, of one kind: requests that are being answered, uploads among them, sockets not; or sockets on which nobody has said
/// `hello` yet, which take memory and are nothing to anybody.
#[derive(Clone, Debug)]
pub struct Ceiling(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    taken: Mutex<Taken>,
    of_one: usize,
    of_all: usize,
}

#[derive(Debug, Default)]
struct Taken {
    by_network: HashMap<IpAddr, usize>,
    all: usize,
}

/// The place of one request or socket, until it is dropped.
pub(super) struct Place {
    ceiling: Ceiling,
    network: IpAddr,
}

impl Ceiling {
    /// At most so many at once in all. One address has at most a quarter of them.
    pub fn new(of_all: usize) -> Self {
        Self(Arc::new(Inside { taken: Mutex::default(), of_one: (of_all / 4).max(1), of_all }))
    }

    /// A place for whoever comes from there, if there is one.
    pub(super) fn place(&self, address: &ClientAddress) -> Option<Place> {
        self.take(address.0)
    }

    fn take(&self, address: IpAddr) -> Option<Place> {
        let network = network_of(address);
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by_network.get(&network).copied().unwrap_or_default();
        if taken.all >= self.0.of_all || own >= self.0.of_one {
            return None;
        }
        taken.all += 1;
        taken.by_network.insert(network, own + 1);
        Some(Place { ceiling: self.clone(), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.ceiling.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(own) = taken.by_network.get_mut(&self.network) {
            *own -= 1;
            if *own == 0 {
                taken.by_network.remove(&self.network);
            }
        }
    }
}

/// Holds all of it for every request but those of whoever watches whether this process lives.
pub(super) async fn hold(State(edge): State<Edge>, request: Request, rest: Next) -> Response {
    if request.uri().path().starts_with("/health/") {
        return rest.run(request).await;
    }
    let address = client_address(&edge, request.headers(), request.extensions());
    let now = edge.clock.instant();
    let is_in_time = edge.throttle.may(Knock::Any, address, now)
        && shown_link(request.headers()).is_none_or(|link| edge.throttle.may_with_link(link, now));
    if !is_in_time {
        return Failure::too_many().into_response();
    }
    let Some(_place) = edge.ceiling.take(address) else { return Failure::busy().into_response() };
    rest.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_takes_every_place_and_places_are_given_back() {
        let ceiling = Ceiling::new(8);
        let mut places: Vec<_> = (0..5).filter_map(|_| ceiling.take(address("192.0.2.1"))).collect();
        assert_eq!(places.len(), 2, "a quarter");
        places.extend((0..9_u8).filter_map(|host| ceiling.take(IpAddr::from([198, 51, 100, host]))));
        assert_eq!(places.len(), 8, "all there are");
        assert!(ceiling.take(address("203.0.113.1")).is_none());
        places.truncate(7);
        assert!(ceiling.take(address("203.0.113.1")).is_some());
        drop(places);
        assert!(
            ceiling.0.taken.lock().unwrap().by_network.is_empty(),
            "nothing is remembered of who has gone"
        );
    }

    #[test]
    fn a_household_of_ipv6_is_one_address() {
        let ceiling = Ceiling::new(8);
        let places: Vec<_> =
            (1..5).filter_map(|i| ceiling.take(address(&format!("2001:db8::{i}")))).collect();
        assert_eq!(places.len(), 2);
    }
}
