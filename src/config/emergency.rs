//! `[emergency]`: access to an appointment of others, with a reason.

use super::reader::Reader;
use super::sections::Writer;

/// How long such an access lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emergency {
    pub minutes: u32,
}

impl Emergency {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let minutes = reader.number("emergency", "minutes", 60, 5..=720);
        Self { minutes: u32::try_from(minutes).unwrap_or(60) }
    }

    pub(super) fn write(self, out: &mut String) {
        Writer::section(out, "emergency").number("minutes", self.minutes);
    }
}
