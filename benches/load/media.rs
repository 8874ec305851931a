//! What a device sends: packets of Opus and VP8 as real ones are dealt with on the way, with the time of sending in them.

use std::time::{Duration, Instant};

/// Sound: a packet of this length.
pub const SOUND_EVERY: Duration = Duration::from_millis(20);
/// Ticks of its clock between two packets (RFC 7587: 48 kHz).
pub const SOUND_TICKS: u32 = 960;
/// Bytes of a packet of sound: 32 kbit/s.
const SOUND_BYTES: usize = 80;

/// Pictures a second.
const PICTURES: u32 = 30;
/// Ticks of the clock of pictures between two of them (RFC 7741: 90 kHz).
pub const PICTURE_TICKS: u32 = 90_000 / PICTURES;
/// Width of the camera's stream.
pub const CAMERA_BPS: usize = 1_000_000;
/// A picture has this many packets, a key frame four times as many.
const PACKETS: usize = 4;
const KEY_FRAME_PACKETS: usize = 4 * PACKETS;
/// Of one packet of a picture.
const PICTURE_BYTES: usize = CAMERA_BPS / 8 / PICTURES as usize / PACKETS;
/// The time of sending is at the end.
const STAMP_BYTES: usize = 8;

pub fn picture_every() -> Duration {
    Duration::from_secs(1) / PICTURES
}

/// A payload, and whether it is the last of its picture.
pub struct Payload {
    pub bytes: Vec<u8>,
    pub is_last: bool,
}

/// Numbers pictures and cuts them into packets.
#[derive(Debug)]
pub struct Camera {
    picture_id: u16,
    is_key_frame_due: bool,
}

impl Camera {
    pub fn new() -> Self {
        Self { picture_id: 0, is_key_frame_due: true }
    }

    /// A receiver needs a key frame.
    pub fn ask_key_frame(&mut self) {
        self.is_key_frame_due = true;
    }

    /// The next picture. Its packets are not stamped yet.
    pub fn picture(&mut self) -> Vec<Payload> {
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        let is_key_frame = std::mem::take(&mut self.is_key_frame_due);
        let packets = if is_key_frame { KEY_FRAME_PACKETS } else { PACKETS };
        let payload =
            |index| Payload { bytes: self.payload(index == 0, is_key_frame), is_last: index + 1 == packets };
        (0..packets).map(payload).collect()
    }

    fn payload(&self, is_first: bool, is_key_frame: bool) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PICTURE_BYTES);
        // RFC 7741 section 4.2: X, S at the start of the partition, I with a PictureID of 15 bits.
        bytes.extend_from_slice(&[if is_first { 0x90 } else { 0x80 }, 0x80]);
        bytes.extend_from_slice(&(self.picture_id | 0x8000).to_be_bytes());
        if is_first {
            // RFC 6386 section 9.1: shown; P is 0 in a key frame, which begins with a start code and its size.
            bytes.extend_from_slice(&[if is_key_frame { 0x10 } else { 0x11 }, 0, 0]);
            if is_key_frame {
                bytes.extend_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]); // 640 x 360
            }
        }
        bytes.resize(PICTURE_BYTES, 0x5a);
        bytes
    }
}

/// Does a payload of VP8 begin a key frame? (RFC 7741 section 4.2 as [`Camera`] writes it, RFC 6386 section 9.1)
pub fn begins_key_frame(payload: &[u8]) -> bool {
    let &[first, second, third, ..] = payload else { return false };
    let (has_extension, is_start) = (first & 0x80 != 0, first & 0x10 != 0);
    // Servers may rewrite the picture's number in 7 bits, and name layers.
    let mut descriptor = 1;
    if has_extension {
        descriptor += 1;
        if second & 0x80 != 0 {
            descriptor += if third & 0x80 != 0 { 2 } else { 1 };
        }
        descriptor += usize::from(second & 0x40 != 0) + usize::from(second & 0x30 != 0);
    }
    is_start && payload.get(descriptor).is_some_and(|byte| byte & 1 == 0)
}

/// The next packet of sound, not stamped yet.
pub fn sound() -> Payload {
    Payload { bytes: vec![0x78; SOUND_BYTES], is_last: true }
}

/// Writes the time of sending into a payload, in microseconds from `epoch`.
pub fn stamp(payload: &mut [u8], epoch: Instant, now: Instant) {
    let micros = (now - epoch).as_micros() as u64;
    if let Some((_, end)) = payload.split_last_chunk_mut::<STAMP_BYTES>() {
        *end = micros.to_be_bytes();
    }
}

/// How long a payload was on its way.
pub fn age(payload: &[u8], epoch: Instant, now: Instant) -> Option<Duration> {
    let (_, end) = payload.split_last_chunk::<STAMP_BYTES>()?;
    now.checked_duration_since(epoch.checked_add(Duration::from_micros(u64::from_be_bytes(*end)))?)
}
