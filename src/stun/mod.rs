//! STUN messages (RFC 8489), read and written. Knows no transport and keeps nothing.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::Message;
pub use write::Reply;

/// Bytes of the header (RFC 8489 section 5).
pub const HEADER: usize = 20;
/// The fixed bytes 4 to 7 of every message.
pub const COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();

/// The check sum of a message, up to its FINGERPRINT (RFC 8489 section 14.7).
fn fingerprint(bytes: &[u8]) -> [u8; 4] {
    (crc32fast::hash(bytes) ^ 0x5354_554e).to_be_bytes()
}

/// Method and class of a message, as the first two bytes carry them (RFC 8489 section 5, RFC 8656 section 17).
pub mod kind {
    /// Asks from which address it came.
    pub const BINDING: u16 = 0x0001;
    /// Asks for an allocation.
    pub const ALLOCATE: u16 = 0x0003;
    /// Prolongs an allocation, or gives it up.
    pub const REFRESH: u16 = 0x0004;
    /// Carries a datagram to a peer.
    pub const SEND: u16 = 0x0016;
    /// Carries a datagram from a peer.
    pub const DATA: u16 = 0x0017;
    /// Lets a peer's datagrams in.
    pub const CREATE_PERMISSION: u16 = 0x0008;
    /// Gives a peer a short name.
    pub const CHANNEL_BIND: u16 = 0x0009;
    /// Set in the answer that all is well.
    pub const SUCCESS: u16 = 0x0100;
    /// Set in the answer that it is not.
    pub const ERROR: u16 = 0x0110;
    /// Of an indication, which gets no answer, this is the class.
    pub const INDICATION: u16 = 0x0010;
}

/// Attributes (RFC 8489 section 18.3, RFC 8656 section 18, RFC 8445 section 16.1).
pub mod attribute {
    pub const USERNAME: u16 = 0x0006;
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub const CHANNEL_NUMBER: u16 = 0x000c;
    pub const LIFETIME: u16 = 0x000d;
    pub const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub const DATA: u16 = 0x0013;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub const PRIORITY: u16 = 0x0024;
    pub const USE_CANDIDATE: u16 = 0x0025;
    pub const FINGERPRINT: u16 = 0x8028;
    pub const ICE_CONTROLLED: u16 = 0x8029;
}
