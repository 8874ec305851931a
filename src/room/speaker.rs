//! Who speaks, from how loud packets say they are (RFC 6464).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::ConnectionId;

/// Louder than this is speech, in dB below the loudest there is.
const SPEECH_DB: f64 = 50.0;
/// Somebody else must be so much louder than who speaks now.
const MARGIN_DB: f64 = 6.0;
/// And for so long.
const PATIENCE: Duration = Duration::from_millis(400);
/// Who has just begun to speak stays so long, whatever the others do.
const TENURE: Duration = Duration::from_millis(1_500);
/// Nobody speaks after so much silence.
const SILENCE: Duration = Duration::from_secs(3);
/// Loudness is smoothed over so long.
const SMOOTHING: Duration = Duration::from_millis(300);
/// A device that sends nothing (DTX, RFC 7587 section 3.1.3) for so long is silent.
const STALE: Duration = Duration::from_millis(500);
/// As RFC 6464 says silence.
const SILENT_DB: f64 = 127.0;
/// Most devices that are listened to.
const MAX_DEVICES: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Voice {
    /// Smoothed, in dB below the loudest there is.
    db: f64,
    heard_at: Instant,
}

/// Watches the loudness of the devices of one room.
#[derive(Clone, Debug, Default)]
pub struct SpeakerDetector {
    voices: BTreeMap<ConnectionId, Voice>,
    speaker: Option<ConnectionId>,
    since: Option<Instant>,
    spoke_at: Option<Instant>,
    challenger: Option<(ConnectionId, Instant)>,
}

impl SpeakerDetector {
    /// A packet of a device is so loud: 0 is the loudest, 127 silence. The voice activity bit above must be cut off.
    pub fn heard(&mut self, now: Instant, connection: ConnectionId, level: u8) {
        if self.voices.len() >= MAX_DEVICES && !self.voices.contains_key(&connection) {
            return;
        }
        let voice = self.voices.entry(connection).or_insert(Voice { db: SILENT_DB, heard_at: now });
        let passed = now.saturating_duration_since(voice.heard_at).max(Duration::from_millis(20)).min(STALE);
        let weight = 1.0 - (-passed.as_secs_f64() / SMOOTHING.as_secs_f64()).exp();
        voice.db += (f64::from(level.min(127)) - voice.db) * weight;
        voice.heard_at = now;
    }

    /// A device is gone.
    pub fn forget(&mut self, connection: ConnectionId) {
        self.voices.remove(&connection);
        if self.speaker == Some(connection) {
            self.spoke_at = None;
        }
    }

    /// Who speaks.
    pub fn speaker(&self) -> Option<ConnectionId> {
        self.speaker
    }

    /// Decides again, to be called every 100 ms or so. `Some` if it is another than before.
    pub fn poll(&mut self, now: Instant) -> Option<Option<ConnectionId>> {
        let db = |voice: &Voice| {
            let is_stale = now.saturating_duration_since(voice.heard_at) > STALE;
            if is_stale { SILENT_DB } else { voice.db }
        };
        let loudest = self.voices.iter().map(|(connection, voice)| (*connection, db(voice)));
        let loudest = loudest.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, db)| *db <= SPEECH_DB);
        let present = self.speaker.and_then(|speaker| self.voices.get(&speaker)).map_or(SILENT_DB, db);
        if present <= SPEECH_DB {
            self.spoke_at = Some(now);
        }
        let is_silent = self.spoke_at.is_none_or(|at| now.saturating_duration_since(at) >= SILENCE);
        match loudest.filter(|(connection, _)| Some(*connection) != self.speaker) {
            Some((connection, db)) if self.speaker.is_none() || db + MARGIN_DB <= present => {
                let since = match self.challenger {
                    Some((challenger, since)) if challenger == connection => since,
                    _ => now,
                };
                self.challenger = Some((connection, since));
                let is_patient = now.saturating_duration_since(since) >= PATIENCE || self.speaker.is_none();
                let is_due = self.since.is_none_or(|at| now.saturating_duration_since(at) >= TENURE);
                if is_patient && (is_due || self.speaker.is_none()) {
                    return Some(self.set(now, Some(connection)));
                }
            }
            _ => self.challenger = None,
        }
        (self.speaker.is_some() && is_silent).then(|| self.set(now, None))
    }

    fn set(&mut self, now: Instant, speaker: Option<ConnectionId>) -> Option<ConnectionId> {
        self.speaker = speaker;
        (self.since, self.spoke_at, self.challenger) = (Some(now), Some(now), None);
        speaker
    }
}
