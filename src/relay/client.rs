//! One client of the relay, on one stream.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::Now;
use super::allocation::Allocation;
use super::credential::{MAX_LIFETIME_S, expiry_s, password, signing_key};
use super::frame::{self, Frame};
use crate::secret::Secret;
use crate::stun::{Message, Reply, attribute, kind};

/// An allocation lasts at least so long, and so long unless asked for more (RFC 8656 section 3.2).
const MIN_LIFETIME_S: u32 = 600;
const MAX_ALLOCATION_S: u32 = 3600;
/// A client that has no allocation after this time is sent away.
const ARRIVAL: Duration = Duration::from_secs(30);
/// A nonce is good for so long, in seconds.
const NONCE_S: u64 = 3600;
/// A client that signs wrongly so often is sent away.
const MAX_WRONG: u8 = 8;
/// The longest user name (RFC 8489 section 14.3 allows 508 bytes; ours have less than 60).
const MAX_USERNAME: usize = 128;
/// IP protocol number of UDP, in the first byte of REQUESTED-TRANSPORT.
const UDP: u8 = 17;

/// The attributes that this relay understands.
const KNOWN: [u16; 10] = [
    attribute::USERNAME,
    attribute::MESSAGE_INTEGRITY,
    attribute::CHANNEL_NUMBER,
    attribute::LIFETIME,
    attribute::XOR_PEER_ADDRESS,
    attribute::DATA,
    attribute::REALM,
    attribute::NONCE,
    attribute::REQUESTED_ADDRESS_FAMILY,
    attribute::REQUESTED_TRANSPORT,
];

/// What holds for all clients.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whom credentials are for: the public host name.
    pub realm: String,
    /// Credentials are made with it. New at every start.
    pub secret: Secret<Vec<u8>>,
    /// Nonces are made with it.
    pub nonce_key: Secret<[u8; 32]>,
    /// The only peers: the media addresses that the gateway announces.
    pub peers: Vec<SocketAddr>,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// These bytes go to the client.
    Send(Vec<u8>),
    /// This datagram goes into the forwarding, as if it came to this address of ours.
    Forward {
        /// One of [`Rules::peers`].
        to: SocketAddr,
        /// Its bytes.
        datagram: Bytes,
    },
    /// The client has shown that it may have an allocation. To be answered by [`Client::allocate`] at once; then
    /// [`Client::receive`] goes on with what has come since, be it nothing more.
    Allocate(Box<Wanted>),
    /// The client gave its allocation up.
    Release,
    /// A datagram led nowhere: no allocation, no permission, no such peer.
    Refused,
}

/// An allocation that is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The user name, for quotas.
    pub user: String,
    /// The virtual address shall be of IPv6.
    pub is_ipv6: bool,
    key: [u8; 16],
    transaction: [u8; 12],
    lifetime: Duration,
}

/// The stream carries nothing that a client of the relay would send, or it has been refused too often. It ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is no client of the relay")]
pub struct Garbled;

/// One client. Its stream is its identity: nothing of one client reaches another.
#[derive(Debug)]
pub struct Client {
    from: SocketAddr,
    came_at: Instant,
    inbox: BytesMut,
    allocation: Option<Allocation>,
    wrong: u8,
    sent: u64,
}

impl Client {
    /// A client that came from this address.
    pub fn new(from: SocketAddr, now: Instant) -> Self {
        Self { from, came_at: now, inbox: BytesMut::new(), allocation: None, wrong: 0, sent: 0 }
    }

    /// When it is to be sent away, unless something happens before: it has no allocation, or that has ended.
    pub fn ends_at(&self) -> Instant {
        self.allocation.as_ref().map_or(self.came_at + ARRIVAL, Allocation::ends_at)
    }

    /// Takes bytes of the stream, cut anywhere.
    ///
    /// # Errors
    /// If the stream is to be ended.
    pub fn receive(&mut self, rules: &Rules, now: Now, bytes: &[u8]) -> Result<Vec<Effect>, Garbled> {
        self.inbox.extend_from_slice(bytes);
        let mut effects = Vec::new();
        while let Some(frame) = frame::next(&mut self.inbox).map_err(|_| Garbled)? {
            match frame {
                Frame::Channel(number, datagram) => {
                    let peer = self.living(now).and_then(|allocation| allocation.peer(now.steady, number));
                    effects.push(match peer {
                        Some(to) => Effect::Forward { to, datagram },
                        None => Effect::Refused,
                    });
                }
                Frame::Stun(bytes) => {
                    let message = Message::read(&bytes).ok_or(Garbled)?;
                    self.message(rules, now, &message, &bytes, &mut effects);
                    if self.wrong >= MAX_WRONG {
                        return Err(Garbled);
                    }
                    if matches!(effects.last(), Some(Effect::Allocate(_))) {
                        break; // what follows may need it
                    }
                }
            }
        }
        Ok(effects)
    }

    /// Gives the allocation that was asked for, or none because the quota is used up. Returns the answer.
    pub fn allocate(&mut self, now: Now, wanted: Wanted, address: Option<SocketAddr>) -> Vec<u8> {
        let Wanted { user, key, transaction, lifetime, .. } = wanted;
        let Some(address) = address else {
            let reply = Reply::new(kind::ALLOCATE | kind::ERROR, transaction);
            return reply.with_error(486, "Allocation Quota Reached").signed(&key).into_bytes();
        };
        self.allocation = Some(Allocation::new(user, key, now.steady, lifetime));
        Reply::new(kind::ALLOCATE | kind::SUCCESS, transaction)
            .with_address(attribute::XOR_RELAYED_ADDRESS, address)
            .with_address(attribute::XOR_MAPPED_ADDRESS, self.from)
            .with(attribute::LIFETIME, &(lifetime.as_secs() as u32).to_be_bytes())
            .signed(&key)
            .into_bytes()
    }

    /// Writes a datagram of the forwarding for the client. `false` if there is no way to it.
    pub fn deliver(&mut self, now: Instant, from: SocketAddr, datagram: &[u8], out: &mut Vec<u8>) -> bool {
        let living = self.allocation.as_ref().filter(|allocation| allocation.ends_at() > now);
        let Some(allocation) = living.filter(|allocation| allocation.is_permitted(now, from.ip())) else {
            return false;
        };
        match allocation.channel(now, from) {
            Some(number) => frame::write_channel(number, datagram, out),
            None => {
                self.sent += 1;
                let mut transaction = [0; 12];
                transaction[4..].copy_from_slice(&self.sent.to_be_bytes());
                let indication = Reply::new(kind::DATA, transaction)
                    .with_address(attribute::XOR_PEER_ADDRESS, from)
                    .with(attribute::DATA, datagram);
                out.extend_from_slice(&indication.into_bytes());
            }
        }
        true
    }

    fn living(&self, now: Now) -> Option<&Allocation> {
        self.allocation.as_ref().filter(|allocation| allocation.ends_at() > now.steady)
    }

    fn message(
        &mut self,
        rules: &Rules,
        now: Now,
        message: &Message<'_>,
        bytes: &Bytes,
        effects: &mut Vec<Effect>,
    ) {
        match message.kind() {
            kind::SEND => effects.push(self.send(rules, now, message, bytes)),
            kind::BINDING => {
                let reply = Reply::new(kind::BINDING | kind::SUCCESS, message.transaction());
                let reply = reply.with_address(attribute::XOR_MAPPED_ADDRESS, self.from);
                effects.push(Effect::Send(reply.into_bytes()));
            }
            // An indication that nobody knows, or an answer to a question that nobody asked.
            other if other & kind::ERROR != 0 => {}
            _ => {
                let effect = match self.request(rules, now, message) {
                    Ok(Done::Reply(reply)) => Effect::Send(reply.into_bytes()),
                    Ok(Done::Allocate(wanted)) => Effect::Allocate(Box::new(wanted)),
                    Ok(Done::Release(reply)) => {
                        self.allocation = None;
                        self.came_at = now.steady;
                        effects.push(Effect::Release);
                        Effect::Send(reply.into_bytes())
                    }
                    Err(refusal) => Effect::Send(self.refuse(rules, now, message, &refusal)),
                };
                effects.push(effect);
            }
        }
    }

    /// RFC 8656 section 11.2: an indication is dropped without a word.
    fn send(&self, rules: &Rules, now: Now, message: &Message<'_>, bytes: &Bytes) -> Effect {
        let peer = message.address(attribute::XOR_PEER_ADDRESS).filter(|peer| rules.peers.contains(peer));
        let is_permitted = |to: &SocketAddr| {
            self.living(now).is_some_and(|allocation| allocation.is_permitted(now.steady, to.ip()))
        };
        match (peer.filter(is_permitted), message.attribute(attribute::DATA)) {
            (Some(to), Some(data)) => Effect::Forward { to, datagram: bytes.slice_ref(data) },
            _ => Effect::Refused,
        }
    }

    fn request(&mut self, rules: &Rules, now: Now, message: &Message<'_>) -> Result<Done, Refusal> {
        let (user, key) = self.authenticate(rules, now, message)?;
        let refused = |code, reason| Refusal { code, reason, key: Some(key), unknown: Vec::new() };
        let unknown = message.unknown(&KNOWN);
        if !unknown.is_empty() {
            return Err(Refusal { unknown, ..refused(420, "Unknown Attribute") });
        }
        let reply = || Reply::new(message.kind() | kind::SUCCESS, message.transaction());
        let has_ended = self.living(now).is_none();
        let lifetime_s = message.attribute(attribute::LIFETIME).and_then(|value| value.try_into().ok());
        let lifetime_s = lifetime_s.map_or(MIN_LIFETIME_S, u32::from_be_bytes);
        let lifetime = Duration::from_secs(lifetime_s.clamp(MIN_LIFETIME_S, MAX_ALLOCATION_S).into());
        if message.kind() == kind::ALLOCATE {
            if !has_ended {
                return Err(refused(437, "Allocation Mismatch"));
            }
            match message.attribute(attribute::REQUESTED_TRANSPORT) {
                Some([UDP, ..]) => {}
                Some(_) => return Err(refused(442, "Unsupported Transport Protocol")),
                None => return Err(refused(400, "Bad Request")),
            }
            // RFC 8656 section 7.1: IPv4 unless another family is asked for.
            let is_ipv6 = match message.attribute(attribute::REQUESTED_ADDRESS_FAMILY) {
                None | Some([1, ..]) => false,
                Some([2, ..]) => true,
                Some(_) => return Err(refused(440, "Address Family not Supported")),
            };
            if !rules.peers.iter().any(|peer| peer.is_ipv6() == is_ipv6) {
                return Err(refused(440, "Address Family not Supported"));
            }
            let transaction = message.transaction();
            return Ok(Done::Allocate(Wanted { user, is_ipv6, key, transaction, lifetime }));
        }
        let living = self.allocation.as_mut().filter(|allocation| allocation.ends_at() > now.steady);
        let Some(allocation) = living else { return Err(refused(437, "Allocation Mismatch")) };
        if allocation.user != user {
            return Err(refused(441, "Wrong Credentials"));
        }
        match message.kind() {
            kind::REFRESH if lifetime_s == 0 => {
                Ok(Done::Release(reply().with(attribute::LIFETIME, &[0; 4]).signed(&key)))
            }
            kind::REFRESH => {
                let seconds = allocation.prolong(now.steady, lifetime).as_secs() as u32;
                Ok(Done::Reply(reply().with(attribute::LIFETIME, &seconds.to_be_bytes()).signed(&key)))
            }
            kind::CREATE_PERMISSION => {
                let mut asked = Vec::new();
                for value in message.all(attribute::XOR_PEER_ADDRESS) {
                    let Some(peer) = message.unhide(value) else { return Err(refused(400, "Bad Request")) };
                    // The port says nothing in a permission (RFC 8656 section 10.1), but a foreign one tells of a
                    // client that looks around.
                    let is_peer =
                        |own: &SocketAddr| own.ip() == peer.ip() && [0, own.port()].contains(&peer.port());
                    if !rules.peers.iter().any(is_peer) {
                        return Err(refused(403, "Forbidden"));
                    }
                    asked.push(peer.ip());
                }
                if asked.is_empty() {
                    return Err(refused(400, "Bad Request"));
                }
                for ip in asked {
                    let permitted = allocation.permit(now.steady, ip);
                    permitted.map_err(|_| refused(508, "Insufficient Capacity"))?;
                }
                Ok(Done::Reply(reply().signed(&key)))
            }
            kind::CHANNEL_BIND => {
                let number = match message.attribute(attribute::CHANNEL_NUMBER) {
                    Some(&[high, low, _, _]) => u16::from_be_bytes([high, low]),
                    _ => 0,
                };
                let peer = message.address(attribute::XOR_PEER_ADDRESS);
                // RFC 8656 section 12 ends at 0x4fff; clients of RFC 5766 section 11 go further.
                let (Some(peer), 0x4000..=0x7ffe) = (peer, number) else {
                    return Err(refused(400, "Bad Request"));
                };
                if !rules.peers.contains(&peer) {
                    return Err(refused(403, "Forbidden"));
                }
                let bound = allocation.bind(now.steady, number, peer);
                bound.map_err(|_| refused(400, "Bad Request"))?;
                Ok(Done::Reply(reply().signed(&key)))
            }
            _ => Err(refused(400, "Bad Request")),
        }
    }

    /// RFC 8489 section 9.2.4. An allocation goes on with the credentials it was made with, though they have ended.
    fn authenticate(
        &mut self,
        rules: &Rules,
        now: Now,
        message: &Message<'_>,
    ) -> Result<(String, [u8; 16]), Refusal> {
        let refused = |code, reason| Refusal { code, reason, key: None, unknown: Vec::new() };
        if !message.is_signed() {
            return Err(refused(401, "Unauthorized"));
        }
        let (Some(user), Some(realm), Some(nonce)) = (
            message.text(attribute::USERNAME).filter(|user| user.len() <= MAX_USERNAME),
            message.text(attribute::REALM),
            message.text(attribute::NONCE),
        ) else {
            return Err(refused(400, "Bad Request"));
        };
        let own = self.living(now).filter(|allocation| allocation.user == user).map(|own| own.key);
        let valid = |expires_s: u64| (now.unix_s..=now.unix_s + MAX_LIFETIME_S).contains(&expires_s);
        let key = match own {
            Some(key) => Some(key),
            None if expiry_s(user).is_some_and(valid) && realm == rules.realm => {
                Some(signing_key(user, realm, &password(&rules.secret, user)))
            }
            None => None,
        };
        let Some(key) = key.filter(|key| message.is_signed_with(key)) else {
            self.wrong = self.wrong.saturating_add(1);
            return Err(refused(401, "Unauthorized"));
        };
        if !is_nonce(rules, now, self.from, nonce) {
            return Err(refused(438, "Stale Nonce"));
        }
        Ok((user.to_owned(), key))
    }

    fn refuse(&self, rules: &Rules, now: Now, message: &Message<'_>, refusal: &Refusal) -> Vec<u8> {
        let mut reply = Reply::new(message.kind() | kind::ERROR, message.transaction())
            .with_error(refusal.code, refusal.reason);
        if matches!(refusal.code, 401 | 438) {
            reply = reply
                .with(attribute::REALM, rules.realm.as_bytes())
                .with(attribute::NONCE, make_nonce(rules, now.unix_s, self.from).as_bytes());
        }
        if !refusal.unknown.is_empty() {
            let kinds: Vec<u8> =
                refusal.unknown.iter().take(16).flat_map(|kind| kind.to_be_bytes()).collect();
            reply = reply.with(attribute::UNKNOWN_ATTRIBUTES, &kinds);
        }
        match refusal.key {
            Some(key) => reply.signed(&key).into_bytes(),
            None => reply.into_bytes(),
        }
    }
}

/// What a request led to.
enum Done {
    Reply(Reply),
    Allocate(Wanted),
    Release(Reply),
}

struct Refusal {
    code: u16,
    reason: &'static str,
    /// Absent before the client has shown who it is.
    key: Option<[u8; 16]>,
    unknown: Vec<u16>,
}

/// When it was made, and a proof that it was made here for this client.
fn make_nonce(rules: &Rules, made_s: u64, from: SocketAddr) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(rules.nonce_key.expose()).expect("any length");
    mac.update(&made_s.to_be_bytes());
    match from.ip() {
        IpAddr::V4(ip) => mac.update(&ip.octets()),
        IpAddr::V6(ip) => mac.update(&ip.octets()),
    }
    mac.update(&from.port().to_be_bytes());
    let proof = mac.finalize().into_bytes();
    let proof: String = proof.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("{made_s:x}-{proof}")
}

fn is_nonce(rules: &Rules, now: Now, from: SocketAddr, nonce: &str) -> bool {
    let made_s = nonce.split_once('-').and_then(|(made, _)| u64::from_str_radix(made, 16).ok());
    made_s.is_some_and(|made_s| {
        now.unix_s.saturating_sub(made_s) < NONCE_S
            && made_nonce_equals(&make_nonce(rules, made_s, from), nonce)
    })
}

fn made_nonce_equals(made: &str, nonce: &str) -> bool {
    made.as_bytes().ct_eq(nonce.as_bytes()).into()
}
