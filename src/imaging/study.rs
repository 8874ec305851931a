//! What the headers of DICOM objects say: patient, study, series, instance (PS3.3 A.1.2).

use std::num::NonZeroU32;

use chrono::NaiveDate;

use super::InstanceDetails;
use crate::secret::Pii;

/// A frame of an instance. DICOM numbers frames from 1 (PS3.3 C.7.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameNumber(NonZeroU32);

impl FrameNumber {
    /// The first frame.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// `None` for 0, which is no frame.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number as DICOM counts, from 1.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The place in memory, from 0.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// SHA-256 of a whole object as received: its name in the archive, so that the same object is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// What can be shown of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// Has pixels that can be rendered.
    Image,
    /// Has a video stream.
    Video,
    /// Structured report.
    Report,
    /// Encapsulated document (PDF, CDA, STL).
    Document,
    /// Presentation state.
    Presentation,
    /// Key object selection.
    KeyObjects,
    /// Waveform.
    Waveform,
    /// Anything else: plan, registration, raw data, directory.
    Other,
}

/// Whose object it says it is (PS3.3 C.7.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatientFacts {
    /// As a person reads it: `DUPONT Marie`, from the components of the PN value.
    pub name: Pii<String>,
    pub id: Pii<String>,
    pub birth_date: Option<Pii<NaiveDate>>,
}

/// PS3.3 C.7.2.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudyFacts {
    pub uid: String,
    pub date: Option<NaiveDate>,
    pub description: String,
}

/// PS3.3 C.7.3.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesFacts {
    pub uid: String,
    /// Two letters or so: `CT`, `MR`, `US`.
    pub modality: String,
    pub number: Option<i32>,
    pub description: String,
}

/// A window of the VOI LUT module (PS3.3 C.11.2.1.2), in units after the modality LUT (HU for CT). `width` is above 0.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Window {
    pub center: f64,
    pub width: f64,
}

/// One of the alternatives that the object offers, with its explanation (0028,1055).
#[derive(Clone, Debug, PartialEq)]
pub struct WindowPreset {
    pub window: Window,
    pub explanation: String,
}

/// One object: what is needed to list it, to sort it and to say what it is, without opening it again.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceFacts {
    /// SOP Instance UID (0008,0018); one made from the content where the object has none.
    pub uid: String,
    pub class_uid: String,
    pub transfer_syntax_uid: String,
    pub kind: ObjectKind,
    /// 0 for objects without pixels.
    pub frames: u32,
    pub rows: u32,
    pub columns: u32,
    pub number: Option<i32>,
    /// Image Position (Patient) (0020,0032), mm.
    pub position: Option<[f64; 3]>,
    /// Image Orientation (Patient) (0020,0037): direction cosines of the row, then of the column.
    pub orientation: Option<[f64; 6]>,
    pub windows: Vec<WindowPreset>,
    /// The object has been compressed with loss at some time (PS3.3 C.7.6.1.1.5).
    pub is_lossy: bool,
    /// Size of the object in bytes.
    pub bytes: u64,
    pub content: ContentHash,
    pub details: InstanceDetails,
}

impl InstanceFacts {
    /// The table of contents of a medium (DICOMDIR, PS3.3 annex F), whatever its file is called.
    pub fn is_directory(&self) -> bool {
        self.class_uid == "1.2.840.10008.1.3.10"
    }
}

/// What one object says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    pub patient: PatientFacts,
    pub study: StudyFacts,
    pub series: SeriesFacts,
    pub instance: InstanceFacts,
}
