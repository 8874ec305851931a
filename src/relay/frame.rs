//! Where one message ends in a stream and the next begins (RFC 8656 section 3.1, RFC 8489 section 6.2.2).

use bytes::{Buf, Bytes, BytesMut};

use crate::stun::{COOKIE, HEADER};

/// The longest message that is taken, in bytes. A datagram that a browser sends has at most about 1300.
const MAX_MESSAGE: usize = 4096;

/// One message of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Frame {
    /// A STUN message, whole.
    Stun(Bytes),
    /// A datagram behind the number of its channel.
    Channel(u16, Bytes),
}

/// These bytes are of no protocol that is spoken here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NoFrame;

/// Takes the next whole message. Over streams, data of a channel are padded to four bytes (RFC 8656 section 12.5).
pub(super) fn next(inbox: &mut BytesMut) -> Result<Option<Frame>, NoFrame> {
    let Some(&[first, second, high, low]) = inbox.first_chunk::<4>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    match first {
        0..=3 => {
            let whole = HEADER + length;
            let has_cookie = inbox.get(4..8).is_none_or(|cookie| cookie == COOKIE);
            if length % 4 != 0 || whole > MAX_MESSAGE || !has_cookie {
                return Err(NoFrame);
            }
            Ok((inbox.len() >= whole).then(|| Frame::Stun(inbox.split_to(whole).freeze())))
        }
        // RFC 8656 section 12: channels are 0x4000 to 0x4fff; RFC 5766 section 11 has them up to 0x7ffe.
        0x40..=0x7f => {
            let whole = 4 + length.next_multiple_of(4);
            if whole > MAX_MESSAGE {
                return Err(NoFrame);
            }
            if inbox.len() < whole {
                return Ok(None);
            }
            let mut padded = inbox.split_to(whole);
            padded.advance(4);
            padded.truncate(length);
            Ok(Some(Frame::Channel(u16::from_be_bytes([first, second]), padded.freeze())))
        }
        _ => Err(NoFrame),
    }
}

/// Writes a datagram behind the number of its channel, padded.
pub(super) fn write_channel(channel: u16, datagram: &[u8], out: &mut Vec<u8>) {
    let length = datagram.len().min(usize::from(u16::MAX));
    out.extend_from_slice(&channel.to_be_bytes());
    out.extend_from_slice(&(length as u16).to_be_bytes());
    out.extend_from_slice(&datagram[..length]);
    out.resize(out.len() + (length.next_multiple_of(4) - length), 0);
}
