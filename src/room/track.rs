//! What is published, by whom.

use std::fmt;

use crate::clinical::ParticipantId;

/// One device of a participant in the call. Unique while the process runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One publication, unique in its room and never used twice there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PublicationId(pub u32);

impl fmt::Display for PublicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a track carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MediaKind {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

/// Where the media of a track comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// Sound of the person.
    Microphone,
    /// Sound of the body, as a stethoscope gives it: as it is, without anything that makes voices clearer.
    Auscultation,
    /// Picture of the person.
    Camera,
    /// Picture of something that is held to the light: a dermatoscope, an otoscope, a camera on an arm.
    SecondCamera,
    /// A shared screen or window, as video.
    Screen,
    /// The sound of what is shared.
    ScreenSound,
}

impl Source {
    /// The kind of media that such a source gives.
    pub fn kind(self) -> MediaKind {
        match self {
            Source::Microphone | Source::Auscultation | Source::ScreenSound => MediaKind::Audio,
            Source::Camera | Source::SecondCamera | Source::Screen => MediaKind::Video,
        }
    }
}

/// A track as its publisher describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedTrack {
    /// The media section that carries it, in the publisher's own description (RFC 8843 section 15).
    pub mid: String,
    /// What it carries.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: Source,
}

/// A track offered to the room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publication {
    /// Its name in the room.
    pub id: PublicationId,
    /// The device that sends it.
    pub connection: ConnectionId,
    /// The person whose device that is.
    pub participant: ParticipantId,
    /// The media section that carries it, in the publisher's own description.
    pub mid: String,
    /// What it carries.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: Source,
    /// The publisher says that it sends silence or nothing, or staff muted it.
    pub is_muted: bool,
    /// Staff muted it: whatever is sent goes to nobody until the publisher says that it is on.
    pub is_held: bool,
}

/// One encoding of a publication, as it arrives. Without simulcast a publication has one, without name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layer {
    /// The synchronisation source that carries it (RFC 3550 section 5.1).
    pub ssrc: u32,
    /// Its name in the publisher's description (RFC 8851), empty without simulcast.
    pub rid: String,
}
