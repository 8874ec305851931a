//! One track that a device sends: when, with which numbers, over the engine's sender.

use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use rtc::peer_connection::RTCPeerConnection;
use rtc::rtp_transceiver::RTCRtpSenderId;

use super::engine::{AUDIO_LEVEL, OPUS, VP8};
use super::media::{self, Camera};

/// Whoever is behind by more than this lets packets go instead of sending them in a burst.
const MAX_BEHIND: Duration = Duration::from_millis(100);
/// RFC 6464: voice, 30 dB below the loudest.
const LEVEL: u8 = 0x80 | 30;

pub struct Sender {
    id: RTCRtpSenderId,
    ssrc: u32,
    camera: Option<Camera>,
    sequence_number: u16,
    timestamp: u32,
    next_at: Option<Instant>,
    level_id: Option<u8>,
}

impl Sender {
    pub fn new(id: RTCRtpSenderId, ssrc: u32, is_video: bool) -> Self {
        let camera = is_video.then(Camera::new);
        Self { id, ssrc, camera, sequence_number: 1, timestamp: 1, next_at: None, level_id: None }
    }

    pub fn ask_key_frame(&mut self) {
        if let Some(camera) = &mut self.camera {
            camera.ask_key_frame();
        }
    }

    /// When the next packet is due; `None` before the first.
    pub fn next_at(&self) -> Option<Instant> {
        self.next_at
    }

    /// Sends what is due by now; the answer is how many packets.
    ///
    /// # Errors
    /// If the engine refuses a packet.
    pub fn send(&mut self, pc: &mut RTCPeerConnection, epoch: Instant, now: Instant) -> Result<u64> {
        let (every, ticks) = match self.camera {
            Some(_) => (media::picture_every(), media::PICTURE_TICKS),
            None => (media::SOUND_EVERY, media::SOUND_TICKS),
        };
        let mut at = self.next_at.unwrap_or(now);
        if now.saturating_duration_since(at) > MAX_BEHIND {
            at = now;
        }
        let mut sent = 0;
        while at <= now {
            at += every;
            let payloads = match &mut self.camera {
                Some(camera) => camera.picture(),
                None => vec![media::sound()],
            };
            for mut payload in payloads {
                media::stamp(&mut payload.bytes, epoch, Instant::now());
                self.write(pc, now, payload)?;
                sent += 1;
            }
            self.timestamp = self.timestamp.wrapping_add(ticks);
        }
        self.next_at = Some(at);
        Ok(sent)
    }

    fn write(&mut self, pc: &mut RTCPeerConnection, now: Instant, payload: media::Payload) -> Result<()> {
        let mut header = rtc::rtp::Header {
            version: 2,
            marker: payload.is_last && self.camera.is_some(),
            payload_type: if self.camera.is_some() { VP8 } else { OPUS },
            sequence_number: self.sequence_number,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        self.sequence_number = self.sequence_number.wrapping_add(1);
        let Some(mut sender) = pc.rtp_sender(self.id) else { anyhow::bail!("a track has gone") };
        if self.camera.is_none() {
            let level_id = *self.level_id.get_or_insert_with(|| {
                let parameters = sender.get_parameters();
                let extensions = &parameters.rtp_parameters.header_extensions;
                let level = extensions.iter().find(|extension| extension.uri == AUDIO_LEVEL);
                level.map_or(0, |extension| extension.id as u8)
            });
            if level_id != 0 {
                header.set_extension(level_id, Bytes::copy_from_slice(&[LEVEL]))?;
            }
        }
        sender.write_rtp(now, rtc::rtp::Packet { header, payload: payload.bytes.into() })?;
        Ok(())
    }
}
