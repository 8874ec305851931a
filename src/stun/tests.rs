//! Test vectors of RFC 5769, and hostile bytes.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::{Message, Reply, attribute, kind};

/// RFC 5769 section 2.1.
const REQUEST: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff\
    80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2\
    80280004e57a3bcf";
/// RFC 5769 section 2.2.
const RESPONSE: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643\
    000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

#[test]
fn the_request_of_rfc_5769_is_read() {
    let bytes = bytes(REQUEST);
    let message = Message::read(&bytes).unwrap();
    assert_eq!(message.kind(), kind::BINDING);
    assert_eq!(message.text(attribute::USERNAME), Some("evtj:h6vY"));
    assert!(message.is_signed_with(PASSWORD));
    assert!(!message.is_signed_with(b"another"));
    assert_eq!(message.attribute(attribute::FINGERPRINT), None, "it stands behind the signature");
}

#[test]
fn the_response_of_rfc_5769_is_read_and_one_like_it_is_written() {
    let bytes = bytes(RESPONSE);
    let message = Message::read(&bytes).unwrap();
    assert!(message.is_signed_with(PASSWORD));
    let address: SocketAddr = "192.0.2.1:32853".parse().unwrap();
    assert_eq!(message.address(attribute::XOR_MAPPED_ADDRESS), Some(address));
    let written = Reply::new(kind::BINDING | kind::SUCCESS, message.transaction())
        .with(0x8022, b"test vector")
        .with_address(attribute::XOR_MAPPED_ADDRESS, address)
        .signed(PASSWORD)
        .with_fingerprint()
        .into_bytes();
    // The vector pads with a space, which the signature covers.
    assert_eq!(written.len(), bytes.len());
    let again = Message::read(&written).unwrap();
    assert!(again.is_signed_with(PASSWORD));
    assert_eq!(again.address(attribute::XOR_MAPPED_ADDRESS), Some(address));
}

#[test]
fn the_check_sum_is_that_of_rfc_5769() {
    let whole = bytes(RESPONSE);
    let mut cut = whole[..whole.len() - 8].to_vec();
    let length = (cut.len() - 20) as u16;
    cut[2..4].copy_from_slice(&length.to_be_bytes());
    assert_eq!(Reply(cut).with_fingerprint().into_bytes(), whole);
}

#[test]
fn both_families_go_there_and_back() {
    for address in ["192.0.2.1:1", "[2001:db8::7]:65535", "[::ffff:10.0.0.1]:80"] {
        let address: SocketAddr = address.parse().unwrap();
        let bytes = Reply::new(kind::DATA, [7; 12]).with_address(attribute::XOR_PEER_ADDRESS, address);
        let bytes = bytes.into_bytes();
        assert_eq!(Message::read(&bytes).unwrap().address(attribute::XOR_PEER_ADDRESS), Some(address));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_fault(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), is_stun: bool) {
        if is_stun && bytes.len() >= 20 {
            bytes.truncate(bytes.len() / 4 * 4);
            let length = (bytes.len() - 20) as u16;
            bytes[0] &= 3;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            bytes[4..8].copy_from_slice(&super::COOKIE);
        }
        if let Some(message) = Message::read(&bytes) {
            message.is_signed_with(b"key");
            message.unknown(&[]);
            for kind in 0..0x40 {
                message.address(kind);
                message.text(kind);
            }
        }
    }

    #[test]
    fn a_changed_byte_breaks_the_signature(at in 0_usize..72, by in 1_u8..) {
        let mut bytes = bytes(REQUEST);
        bytes[at] ^= by;
        if let Some(message) = Message::read(&bytes) {
            // The length is not signed as it stands, and is checked by reading.
            prop_assert!(!message.is_signed_with(PASSWORD));
        }
    }
}
