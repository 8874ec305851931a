//! What a stream is, by its first bytes.

use crate::stun::COOKIE;

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum First {
    /// A request of HTTP/1 or the preface of HTTP/2.
    Http,
    /// A TLS handshake (RFC 8446 section 5.1).
    Tls,
    /// A length, then a STUN Binding request (RFC 4571 section 2, RFC 6544).
    IceTcp,
    /// A STUN message as it is: the relay (RFC 8489 section 6.2.2).
    Relay,
    /// Too few bytes to tell.
    More,
    /// Nothing that is spoken here.
    Unknown,
}

/// How HTTP/2 begins (RFC 9113 section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Ten bytes are enough, but for HTTP/2: its whole preface is awaited here, where there is a limit on the time.
pub(super) fn look(bytes: &[u8]) -> First {
    match bytes {
        [] | [0x16] => First::More,
        [b'P', ..] if bytes.len() < PREFACE.len() && PREFACE.starts_with(bytes) => First::More,
        [b'A'..=b'Z', ..] => First::Http,
        [0x16, 3, ..] => First::Tls,
        [_, _, _, _, cookie @ ..] if bytes[0] <= 3 && cookie.starts_with(&COOKIE) => First::Relay,
        // A check has at least user name and signature; browsers stay below 1500 bytes.
        [0..=5, _, 0, 1, _, _, cookie @ ..] if cookie.starts_with(&COOKIE) => First::IceTcp,
        [0..=5, ..] if bytes.len() < 10 => First::More,
        _ => First::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stun::{Reply, kind};

    /// Looks at ever more bytes until something is found.
    fn found(bytes: &[u8]) -> (First, usize) {
        let looks = (0..=bytes.len()).map(|length| (look(&bytes[..length]), length));
        looks.into_iter().find(|(first, _)| *first != First::More).unwrap_or((First::More, bytes.len()))
    }

    #[test]
    fn each_protocol_is_known_by_its_first_ten_bytes() {
        let binding = Reply::new(kind::BINDING, [7; 12]).with(6, b"a:b").into_bytes();
        let mut framed = (binding.len() as u16).to_be_bytes().to_vec();
        framed.extend(&binding);
        for (bytes, first) in [
            (&b"GET / HTTP/1.1\r\n"[..], First::Http),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", First::Http),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", First::Tls),
            (&binding, First::Relay),
            (&Reply::new(kind::ALLOCATE, [7; 12]).into_bytes(), First::Relay),
            (&framed, First::IceTcp),
            (b"\x05\x01\x00 SOCKS 5 says this", First::Unknown),
            (b"\x16\x02 SSL 2", First::Unknown),
            (b"SSH-2.0-OpenSSH", First::Http), // HTTP answers it with 400
            (b"get / http/1.0", First::Unknown),
            (&[0; 20], First::Unknown),
        ] {
            let (what, length) = found(bytes);
            assert_eq!(what, first, "{bytes:02x?}");
            assert!(length <= 10 || bytes == PREFACE, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn ten_bytes_are_enough(bytes in proptest::collection::vec(any::<u8>(), 10..40)) {
            prop_assert_ne!(look(&bytes), First::More);
        }

        #[test]
        fn more_bytes_never_change_what_was_found(bytes in proptest::collection::vec(0_u8..8, 0..30)) {
            let (first, length) = found(&bytes);
            for longer in length..=bytes.len() {
                prop_assert_eq!(look(&bytes[..longer]), first);
            }
        }
    }
}
