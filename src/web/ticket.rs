//! `POST /api/socket-ticket`: what a page shows first on a WebSocket. Only a page of this site can read the answer, so that a socket which
//! another site's page opened with this person's cookies says nothing that is heard (CWE-1385). A ticket is good once, for half a minute,
//! and for the login or the link that asked for it. It says nothing of what its holder may do.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum_extra::extract::CookieJar;

use super::Edge;
use super::extract::Body;
use super::problem::Failure;
use super::sign_in::uncached;
use crate::login::LOGIN_COOKIE;
use crate::protocol::{SocketTicket, TicketRequest};
use crate::secret::Secret;

/// How long a ticket is good.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// Tickets that wait to be shown.
const MOST: usize = 65_536;

/// Whose a ticket is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    Login(Secret<String>),
    Link(Secret<String>),
}

impl Holder {
    /// The login of these headers.
    pub(super) fn login(headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        jar.get(LOGIN_COOKIE).map(|cookie| Self::Login(Secret::new(cookie.value().to_owned())))
    }

    pub(super) fn link(link: &str) -> Self {
        Self::Link(Secret::new(link.to_owned()))
    }
}

/// The tickets that were given and not shown yet. In memory only: a page that shows one after a restart asks for another.
#[derive(Debug, Default)]
pub struct Tickets(Mutex<HashMap<Secret<String>, (Holder, Instant)>>);

impl Tickets {
    /// Gives this ticket to them, unless too many wait.
    fn give(&self, ticket: Secret<String>, holder: Holder, now: Instant) -> bool {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= MOST {
            given.retain(|_, (_, until)| *until > now);
        }
        if given.len() >= MOST {
            return false;
        }
        given.insert(ticket, (holder, now + GOOD_FOR));
        true
    }

    /// Whether this is a ticket of theirs. It is none any more, whoever showed it.
    pub(super) fn take(&self, ticket: &str, holder: &Holder, now: Instant) -> bool {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = given.remove(&Secret::new(ticket.to_owned()));
        found.is_some_and(|(whose, until)| whose == *holder && now < until)
    }
}

pub(super) async fn give(
    State(edge): State<Edge>,
    headers: HeaderMap,
    Body(request): Body<TicketRequest>,
) -> Result<Response, Failure> {
    let holder = match &request.link {
        Some(link) => {
            if !edge.throttle.may_with_link(link, edge.clock.instant()) {
                return Err(Failure::too_many());
            }
            Holder::link(link)
        }
        None => Holder::login(&headers).ok_or_else(Failure::sign_in_needed)?,
    };
    let ticket = edge.clock.random_bytes::<32>().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    if !edge.tickets.give(Secret::new(ticket.clone()), holder, edge.clock.instant()) {
        return Err(Failure::busy());
    }
    Ok(uncached(Json(SocketTicket { ticket })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_for_whom_it_was_given_and_for_half_a_minute() {
        let (tickets, now) = (Tickets::default(), crate::clock::Clock::system().instant());
        let (one, two) = (Holder::link("one"), Holder::Login(Secret::new("one".to_owned())));
        let give = |name: &str| assert!(tickets.give(Secret::new(name.to_owned()), one.clone(), now));
        give("a");
        assert!(!tickets.take("b", &one, now));
        assert!(tickets.take("a", &one, now + GOOD_FOR - Duration::from_millis(1)));
        assert!(!tickets.take("a", &one, now), "a second time");
        give("b");
        assert!(!tickets.take("b", &two, now), "somebody else's");
        assert!(!tickets.take("b", &one, now), "which was shown to be stolen");
        give("c");
        assert!(!tickets.take("c", &one, now + GOOD_FOR), "too late");
    }

    #[test]
    fn the_table_is_bounded_and_what_is_over_makes_room() {
        let (tickets, now) = (Tickets::default(), crate::clock::Clock::system().instant());
        let give = |number: usize, at| tickets.give(Secret::new(number.to_string()), Holder::link("x"), at);
        assert_eq!((0..MOST + 100).filter(|number| give(*number, now)).count(), MOST);
        assert!(give(MOST, now + GOOD_FOR));
        assert_eq!(tickets.0.lock().unwrap().len(), 1);
    }
}
