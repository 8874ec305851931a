//! The STUN messages that an ICE-lite agent takes and gives (RFC 8489; RFC 8445 sections 7.1 and 7.3): a binding
//! request is answered if its integrity proves that the sender has our password. Everything else is ignored.

use std::net::SocketAddr;

use crate::stun::{Message, Reply, attribute, kind};

/// Longest request that is read, in bytes.
const MAX_BYTES: usize = 1_280;
/// Of the attributes that must be understood and are not, so many are told.
const MAX_UNKNOWN: usize = 4;
/// What a check may hold (RFC 8445 section 7.1).
const KNOWN: [u16; 4] =
    [attribute::USERNAME, attribute::MESSAGE_INTEGRITY, attribute::PRIORITY, attribute::USE_CANDIDATE];

/// A binding request whose shape and fingerprint are right. Its integrity is not checked yet.
#[derive(Debug)]
pub(super) struct Request<'a> {
    message: Message<'a>,
    /// Ours, before the colon.
    pub(super) name: &'a str,
    /// The sender wants to use this path.
    pub(super) is_nomination: bool,
    /// The sender says that it is the controlled agent, as a lite agent always is.
    is_role_conflict: bool,
    /// A few of the attributes that must be understood and are not.
    unknown: Vec<u16>,
}

impl<'a> Request<'a> {
    /// Reads a request. `None` if it is something else or damaged.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let message = Message::read(bytes).filter(|message| message.kind() == kind::BINDING)?;
        if !message.is_signed() || !message.has_fingerprint() {
            return None;
        }
        let (name, _) = message.text(attribute::USERNAME)?.split_once(':')?;
        let has = |kind| message.attribute(kind).is_some();
        // What is not protected says nothing (RFC 8489 section 14.5).
        let unknown = message.unknown(&KNOWN).into_iter().filter(|kind| has(*kind)).take(MAX_UNKNOWN);
        Some(Self {
            message,
            name,
            is_nomination: has(attribute::USE_CANDIDATE),
            is_role_conflict: has(attribute::ICE_CONTROLLED),
            unknown: unknown.collect(),
        })
    }

    /// Was it made with this password (RFC 8489 section 14.5)? Compared in constant time.
    pub(super) fn is_authentic(&self, password: &str) -> bool {
        self.message.is_signed_with(password.as_bytes())
    }

    /// The answer to a request that is authentic; `from` is where it came from. Says as well whether it is a
    /// success.
    pub(super) fn answer(&self, password: &str, from: SocketAddr) -> (Vec<u8>, bool) {
        let is_success = !self.is_role_conflict && self.unknown.is_empty();
        let class = if is_success { kind::SUCCESS } else { kind::ERROR };
        let reply = Reply::new(kind::BINDING | class, self.message.transaction());
        let reply = if !self.unknown.is_empty() {
            let list: Vec<u8> = self.unknown.iter().flat_map(|attribute| attribute.to_be_bytes()).collect();
            reply.with_error(420, "Unknown Attribute").with(attribute::UNKNOWN_ATTRIBUTES, &list)
        } else if self.is_role_conflict {
            reply.with_error(487, "Role Conflict") // RFC 8445 section 7.3.1.1
        } else {
            reply.with_address(attribute::XOR_MAPPED_ADDRESS, from)
        };
        (reply.signed(password.as_bytes()).with_fingerprint().into_bytes(), is_success)
    }
}

/// A request as a device makes it.
#[cfg(test)]
pub(super) fn request(username: &str, password: &str, attributes: &[u16]) -> Vec<u8> {
    let named = Reply::new(kind::BINDING, *b"transaction!").with(attribute::USERNAME, username.as_bytes());
    let with = |reply: Reply, kind: &u16| {
        reply.with(*kind, if *kind == attribute::USE_CANDIDATE { b"" } else { b"12345678" })
    };
    attributes.iter().fold(named, with).signed(password.as_bytes()).with_fingerprint().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::stun::integrity::MessageIntegrity;
    use rtc::stun::message::{Getter, Message};
    use rtc::stun::xoraddr::XorMappedAddress;

    use super::*;

    #[test]
    fn a_request_is_answered_with_the_address_it_came_from() {
        let provider = rtc::crypto::default_provider().unwrap();
        let bytes = request("ours:theirs", "password", &[attribute::USE_CANDIDATE]);
        let request = Request::parse(&bytes).unwrap();
        assert_eq!((request.name, request.is_nomination), ("ours", true));
        assert!(request.is_authentic("password"));
        assert!(!request.is_authentic("another"));
        for from in ["192.0.2.7:5004", "[2001:db8::7]:5004"] {
            let from: SocketAddr = from.parse().unwrap();
            let (answer, is_success) = request.answer("password", from);
            assert!(is_success && answer.len() <= bytes.len() + 16, "{} {}", answer.len(), bytes.len());
            let mut message = Message::new();
            message.unmarshal_binary(&answer).unwrap();
            MessageIntegrity::check(&mut message, b"password", provider.crypto()).unwrap();
            rtc::stun::fingerprint::FINGERPRINT.check(&message).unwrap();
            let mut address = XorMappedAddress::default();
            address.get_from(&message).unwrap();
            assert_eq!(SocketAddr::new(address.ip, address.port), from);
        }
    }

    #[test]
    fn conflicts_and_unknown_attributes_are_told() {
        let from = "192.0.2.7:5004".parse().unwrap();
        for (attribute, code) in [(attribute::ICE_CONTROLLED, [4, 87]), (0x7fff, [4, 20])] {
            let bytes = request("ours:theirs", "password", &[attribute]);
            let request = Request::parse(&bytes).unwrap();
            let (answer, is_success) = request.answer("password", from);
            assert!(!is_success);
            assert_eq!(answer[..2], (kind::BINDING | kind::ERROR).to_be_bytes());
            assert_eq!(answer[26..28], code);
        }
    }

    proptest! {
        #[test]
        fn a_damaged_request_is_not_authentic(at in 0_usize..200, to in any::<u8>(), length in 0_usize..200) {
            let whole = request("ours:theirs", "password", &[attribute::USE_CANDIDATE]);
            let mut bytes = whole.clone();
            let end = bytes.len();
            bytes[at % end] = to;
            bytes.truncate(length.max(1));
            if let Some(request) = Request::parse(&bytes) && bytes != whole {
                prop_assert!(!request.is_authentic("password"));
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            if bytes.len() >= 20 {
                let length = (bytes.len() - 20) as u16;
                bytes[..2].copy_from_slice(&[0, 1]);
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
                bytes[4..8].copy_from_slice(&crate::stun::COOKIE);
            }
            Request::parse(&bytes);
        }
    }
}
