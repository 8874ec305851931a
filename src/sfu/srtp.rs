//! Sealing and opening of RTP and RTCP with AES-GCM (RFC 3711, RFC 7714). All media of a peer pass here, once:
//! two packets under one nonce would give the key away (RFC 7714 section 8.1).

use std::collections::HashMap;

use rtc::crypto::{AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, CryptoError, RTCCrypto};

use crate::room::ReplayWindow;

/// Bytes of the tag behind what was sealed.
pub(super) const TAG: usize = 16;
/// Bytes of the keying material that DTLS exports for AEAD_AES_128_GCM (RFC 7714 section 12): two keys, two salts.
pub(super) const KEYING_MATERIAL: usize = 2 * (KEY + SALT);
const KEY: usize = 16;
const SALT: usize = 12;
/// Bytes of the index behind a sealed RTCP packet, with the bit that says that it is encrypted.
const INDEX: usize = 4;
/// Bytes of RTCP that are authentic but not secret.
const RTCP_CLEAR: usize = 8;
/// Most synchronisation sources of one direction of one peer. Only authentic packets make one.
const MAX_SOURCES: usize = 1_024;

/// What a packet could not be sealed or opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// It is too short.
    Short,
    /// It was not sealed with this key, or was changed.
    Forged,
    /// Its index was used already, or is too old to tell.
    Replayed,
    /// There are too many sources.
    Sources,
}

/// Key and salt of one kind of packets in one direction.
struct Cipher {
    aead: Box<dyn AeadCipher>,
    salt: [u8; SALT],
}

/// RFC 3711 section 4.3.2.
#[derive(Clone, Copy)]
enum Label {
    Rtp = 0,
    Rtcp = 3,
}

impl Cipher {
    fn new(crypto: &dyn RTCCrypto, key: &[u8], salt: &[u8], label: Label) -> Result<Self, CryptoError> {
        let derive = |label: u8| {
            // RFC 3711 section 4.3.3: AES in counter mode; one block is enough for a key of 128 bits.
            let mut block = [0; 16];
            block[..salt.len()].copy_from_slice(salt);
            block[7] ^= label;
            crypto.block_encrypt(BlockCipherAlgorithm::Aes128, key, &mut block).map(|()| block)
        };
        let key = derive(label as u8)?;
        let mut session_salt = [0; SALT];
        session_salt.copy_from_slice(&derive(label as u8 + 2)?[..SALT]);
        Ok(Self { aead: crypto.new_aead(AeadAlgorithm::Aes128Gcm, &key)?, salt: session_salt })
    }

    /// RFC 7714 section 8.1.
    fn rtp_nonce(&self, ssrc: u32, index: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&ssrc.to_be_bytes());
        nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        self.mix(nonce)
    }

    /// RFC 7714 section 9.1.
    fn rtcp_nonce(&self, ssrc: [u8; 4], index: u32) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&ssrc);
        nonce[8..].copy_from_slice(&index.to_be_bytes());
        self.mix(nonce)
    }

    fn mix(&self, mut nonce: [u8; 12]) -> [u8; 12] {
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        nonce
    }
}

/// How far a source has come.
#[derive(Default)]
struct Progress {
    /// Packet index (RFC 3711 section 3.3.1): roll-over counter and sequence number.
    newest: Option<u64>,
    used: ReplayWindow,
}

impl Progress {
    /// The index nearest to the newest. `None` before the first roll-over, if it would be negative.
    fn index(&self, sequence_number: u16) -> Option<u64> {
        let Some(newest) = self.newest else { return Some(u64::from(sequence_number)) };
        let step = sequence_number.wrapping_sub(newest as u16) as i16;
        newest.checked_add_signed(i64::from(step))
    }

    /// Takes note of an index; says whether it is new.
    fn accept(&mut self, index: u64) -> bool {
        let is_new = self.used.accept(index as u16);
        self.newest = Some(self.newest.map_or(index, |newest| newest.max(index)));
        is_new
    }
}

/// Where an RTCP index is counted: newest, and which of the 64 before it were used.
#[derive(Default)]
struct ControlWindow {
    newest: u32,
    used: u64,
}

impl ControlWindow {
    fn accept(&mut self, index: u32) -> bool {
        if self.used == 0 || index > self.newest {
            let ahead = index.saturating_sub(self.newest);
            self.used = if self.used == 0 || ahead >= 64 { 1 } else { self.used << ahead | 1 };
            self.newest = index;
            return true;
        }
        let behind = self.newest - index;
        if behind >= 64 || self.used >> behind & 1 != 0 {
            return false;
        }
        self.used |= 1 << behind;
        true
    }
}

/// The two directions of a peer, from the keys that DTLS agreed on (RFC 5764 section 4.2).
pub(super) fn keys(crypto: &dyn RTCCrypto, material: &[u8]) -> Result<(Sealer, Opener), CryptoError> {
    let (Some((client_key, rest)), true) =
        (material.split_at_checked(KEY), material.len() == KEYING_MATERIAL)
    else {
        return Err(CryptoError::InvalidKeyLength { expected: KEYING_MATERIAL, actual: material.len() });
    };
    let (server_key, salts) = rest.split_at(KEY);
    let (client_salt, server_salt) = salts.split_at(SALT);
    let sealer = Sealer {
        rtp: Cipher::new(crypto, server_key, server_salt, Label::Rtp)?,
        rtcp: Cipher::new(crypto, server_key, server_salt, Label::Rtcp)?,
        sources: HashMap::new(),
        next_control: 1,
    };
    let opener = Opener {
        rtp: Cipher::new(crypto, client_key, client_salt, Label::Rtp)?,
        rtcp: Cipher::new(crypto, client_key, client_salt, Label::Rtcp)?,
        sources: HashMap::new(),
        controls: HashMap::new(),
    };
    Ok((sealer, opener))
}

/// Seals what the server sends to one peer.
pub(super) struct Sealer {
    rtp: Cipher,
    rtcp: Cipher,
    sources: HashMap<u32, Progress>,
    /// One count for all sources, so that none is used twice under any of them.
    next_control: u32,
}

impl Sealer {
    /// Nothing goes out under this source ever again.
    pub(super) fn retire(&mut self, ssrc: u32) {
        self.sources.remove(&ssrc);
    }

    /// Seals an RTP packet that was written from `begin` on, with its payload at `payload_at`, and writes the tag
    /// behind it. Refuses an index that was used.
    pub(super) fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        begin: usize,
        payload_at: usize,
        ssrc: u32,
        sequence_number: u16,
    ) -> Result<(), Refused> {
        if self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&ssrc) {
            return Err(Refused::Sources);
        }
        let progress = self.sources.entry(ssrc).or_default();
        let index = progress.index(sequence_number).ok_or(Refused::Replayed)?;
        if !progress.accept(index) {
            return Err(Refused::Replayed);
        }
        let nonce = self.rtp.rtp_nonce(ssrc, index);
        let (clear, secret) = buffer.split_at_mut_checked(payload_at).ok_or(Refused::Short)?;
        let clear = clear.get(begin..).ok_or(Refused::Short)?;
        let mut tag = [0; TAG];
        self.rtp.aead.seal_in_place(&nonce, clear, secret, &mut tag).map_err(|_| Refused::Forged)?;
        buffer.extend_from_slice(&tag);
        Ok(())
    }

    /// Seals an RTCP packet, alone in its buffer (RFC 7714 section 9).
    pub(super) fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), Refused> {
        let (clear, secret) = packet.split_at_mut_checked(RTCP_CLEAR).ok_or(Refused::Short)?;
        let index = self.next_control;
        if index >= 1 << 31 {
            return Err(Refused::Replayed); // after 2^31 packets there must be new keys (RFC 3711 section 9.2)
        }
        self.next_control += 1;
        let trailer = (index | 1 << 31).to_be_bytes();
        let mut authentic = [0; RTCP_CLEAR + INDEX];
        authentic[..RTCP_CLEAR].copy_from_slice(clear);
        authentic[RTCP_CLEAR..].copy_from_slice(&trailer);
        let nonce = self.rtcp.rtcp_nonce([clear[4], clear[5], clear[6], clear[7]], index);
        let mut tag = [0; TAG];
        self.rtcp.aead.seal_in_place(&nonce, &authentic, secret, &mut tag).map_err(|_| Refused::Forged)?;
        packet.extend_from_slice(&tag);
        packet.extend_from_slice(&trailer);
        Ok(())
    }
}

/// Opens what one peer sends.
pub(super) struct Opener {
    rtp: Cipher,
    rtcp: Cipher,
    sources: HashMap<u32, Progress>,
    controls: HashMap<[u8; 4], ControlWindow>,
}

impl Opener {
    /// Opens an RTP packet in place and gives its new length. Nothing is remembered of a packet that is refused.
    pub(super) fn open_rtp(
        &mut self,
        packet: &mut [u8],
        payload_at: usize,
        ssrc: u32,
        sequence_number: u16,
    ) -> Result<usize, Refused> {
        let end = packet.len().checked_sub(TAG).filter(|end| *end >= payload_at).ok_or(Refused::Short)?;
        let index = match self.sources.get(&ssrc) {
            Some(progress) => progress.index(sequence_number).ok_or(Refused::Replayed)?,
            None => u64::from(sequence_number),
        };
        let nonce = self.rtp.rtp_nonce(ssrc, index);
        let (clear, sealed) = packet.split_at_mut(payload_at);
        let (secret, tag) = sealed.split_at_mut(end - payload_at);
        self.rtp.aead.open_in_place(&nonce, clear, secret, tag).map_err(|_| Refused::Forged)?;
        let has_place = self.sources.len() < MAX_SOURCES;
        let is_new = match self.sources.get_mut(&ssrc) {
            Some(progress) => progress.accept(index),
            None if has_place => self.sources.entry(ssrc).or_default().accept(index),
            None => return Err(Refused::Sources),
        };
        if is_new { Ok(end) } else { Err(Refused::Replayed) }
    }

    /// Opens an RTCP packet in place and gives its new length. One that is not encrypted is refused.
    pub(super) fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let end =
            packet.len().checked_sub(TAG + INDEX).filter(|end| *end >= RTCP_CLEAR).ok_or(Refused::Short)?;
        let mut authentic = [0; RTCP_CLEAR + INDEX];
        authentic[..RTCP_CLEAR].copy_from_slice(&packet[..RTCP_CLEAR]);
        authentic[RTCP_CLEAR..].copy_from_slice(&packet[end + TAG..]);
        let [.., i0, i1, i2, i3] = authentic;
        let trailer = u32::from_be_bytes([i0, i1, i2, i3]);
        if trailer >> 31 == 0 {
            return Err(Refused::Forged);
        }
        let index = trailer & 0x7fff_ffff;
        let ssrc = [packet[4], packet[5], packet[6], packet[7]];
        let nonce = self.rtcp.rtcp_nonce(ssrc, index);
        let (secret, tag) = packet[RTCP_CLEAR..end + TAG].split_at_mut(end - RTCP_CLEAR);
        self.rtcp.aead.open_in_place(&nonce, &authentic, secret, tag).map_err(|_| Refused::Forged)?;
        if self.controls.len() >= MAX_SOURCES && !self.controls.contains_key(&ssrc) {
            return Err(Refused::Sources);
        }
        if self.controls.entry(ssrc).or_default().accept(index) { Ok(end) } else { Err(Refused::Replayed) }
    }
}

#[cfg(test)]
mod tests {
    use rtc::srtp::context::Context;
    use rtc::srtp::protection_profile::ProtectionProfile;

    use super::*;
    use crate::sfu::rtp::Rtp;

    fn material() -> [u8; KEYING_MATERIAL] {
        std::array::from_fn(|at| (at * 7 + 3) as u8)
    }

    /// Our two directions, and those of a device on the other end, by another implementation.
    fn ends() -> (Sealer, Opener, Context, Context) {
        let provider = rtc::crypto::default_provider().unwrap();
        let crypto = provider.crypto();
        let material = material();
        let (sealer, opener) = keys(crypto, &material).unwrap();
        let context = |key: &[u8], salt: &[u8]| {
            Context::new(key, salt, ProtectionProfile::AeadAes128Gcm, None, None, crypto).unwrap()
        };
        let device_seals = context(&material[..16], &material[32..44]);
        let device_opens = context(&material[16..32], &material[44..]);
        (sealer, opener, device_seals, device_opens)
    }

    fn packet(sequence_number: u16) -> Vec<u8> {
        let [high, low] = sequence_number.to_be_bytes();
        let mut packet = vec![0x80, 96, high, low, 0, 0, 0, 1, 0, 0, 0, 9];
        packet.extend_from_slice(&[high ^ low; 40]);
        packet
    }

    fn open(opener: &mut Opener, sealed: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut sealed = sealed.to_vec();
        let header = Rtp::parse(&sealed).unwrap();
        let length = opener.open_rtp(&mut sealed, header.payload_at, header.ssrc, header.sequence_number)?;
        sealed.truncate(length);
        Ok(sealed)
    }

    /// Every number near the roll-overs, few in between.
    fn steps() -> impl Iterator<Item = u32> {
        (0..210_000_u32).filter(|step| (60_000 + step + 500) % 65_536 < 1_000 || step % 1_009 == 0)
    }

    #[test]
    fn sequence_numbers_roll_over_with_loss_around_it_on_the_way_in() {
        let (_, mut opener, mut device, _) = ends();
        for step in steps() {
            let sequence_number = (60_000 + step) as u16;
            let sealed = device.encrypt_rtp(&packet(sequence_number)).unwrap();
            let is_near = !(20..=65_515).contains(&sequence_number);
            if is_near && step % 3 != 0 || step % 97 == 0 {
                continue; // lost
            }
            assert_eq!(open(&mut opener, &sealed).unwrap(), packet(sequence_number), "{sequence_number}");
        }
    }

    #[test]
    fn a_late_packet_from_before_the_roll_over_is_opened() {
        let (_, mut opener, mut device, _) = ends();
        let sealed: Vec<_> = [65_533_u16, 65_534, 65_535, 0, 1, 2]
            .map(|number| device.encrypt_rtp(&packet(number)).unwrap())
            .into_iter()
            .collect();
        for at in [0, 1, 4, 2, 3, 5] {
            assert!(open(&mut opener, &sealed[at]).is_ok(), "{at}");
        }
    }

    #[test]
    fn sequence_numbers_roll_over_with_loss_around_it_on_the_way_out() {
        let (mut sealer, _, _, mut device) = ends();
        for step in steps() {
            let sequence_number = (60_000 + step) as u16;
            if step % 89 == 0 {
                continue; // was never there
            }
            let mut buffer = b"before".to_vec();
            buffer.extend(packet(sequence_number));
            sealer.seal_rtp(&mut buffer, 6, 18, 9, sequence_number).unwrap();
            let is_near = !(20..=65_515).contains(&sequence_number);
            if is_near && step % 3 != 0 {
                continue; // lost on the way
            }
            assert_eq!(device.decrypt_rtp(&buffer[6..]).unwrap()[..], packet(sequence_number)[..]);
        }
    }

    #[test]
    fn an_index_is_sealed_once() {
        let (mut sealer, ..) = ends();
        let mut seal = |number| sealer.seal_rtp(&mut packet(number), 0, 12, 9, number);
        assert_eq!(seal(5), Ok(()));
        assert_eq!(seal(7), Ok(()));
        assert_eq!(seal(6), Ok(()));
        assert_eq!(seal(6), Err(Refused::Replayed));
        assert_eq!(seal(65_000), Err(Refused::Replayed), "before the first roll-over there is none");
    }

    #[test]
    fn what_is_forged_or_replayed_is_refused_and_changes_nothing() {
        let (_, mut opener, mut device, _) = ends();
        let first = device.encrypt_rtp(&packet(1)).unwrap();
        let second = device.encrypt_rtp(&packet(2)).unwrap();
        for at in 0..second.len() {
            let mut forged = second.to_vec();
            forged[at] ^= 1;
            if Rtp::parse(&forged).is_some() {
                assert!(open(&mut opener, &forged).is_err(), "byte {at}");
            }
        }
        assert!(opener.sources.is_empty(), "a forged packet begins no source");
        assert!(open(&mut opener, &first).is_ok());
        assert_eq!(open(&mut opener, &first), Err(Refused::Replayed));
        assert!(open(&mut opener, &second).is_ok());
        assert_eq!(open(&mut opener, &second[..20]), Err(Refused::Short));
    }

    #[test]
    fn control_packets_are_sealed_and_opened() {
        let (mut sealer, mut opener, mut seals, mut opens) = ends();
        let report = [0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9];
        let mut packet = report.to_vec();
        sealer.seal_rtcp(&mut packet).unwrap();
        assert_eq!(opens.decrypt_rtcp(&packet).unwrap()[..], report);
        let sealed: Vec<_> = (0..100).map(|_| seals.encrypt_rtcp(&report).unwrap()).collect();
        let mut open = |at: usize| {
            let mut packet = sealed[at].to_vec();
            opener.open_rtcp(&mut packet).map(|length| packet[..length].to_vec())
        };
        assert_eq!(open(3).unwrap(), report);
        assert_eq!(open(3), Err(Refused::Replayed));
        assert!(open(1).is_ok() && open(2).is_ok() && open(99).is_ok());
        assert_eq!(open(4), Err(Refused::Replayed), "too old to tell");
        let mut forged = sealed[50].to_vec();
        forged[10] ^= 1;
        assert_eq!(opener.open_rtcp(&mut forged), Err(Refused::Forged));
        let mut clear = sealed[50].to_vec();
        let at = clear.len() - 4;
        clear[at] &= 0x7f;
        assert_eq!(opener.open_rtcp(&mut clear), Err(Refused::Forged));
    }
}
