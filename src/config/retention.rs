//! `[retention]`: for how many days each class of data is kept after a visit.

use super::reader::Reader;

/// Days after the planned end of the visit. docs/operations.md gives the reason of each default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub contacts: u32,
    pub files: u32,
    pub studies: u32,
    pub messages: u32,
    pub quality: u32,
    pub viewing_record: u32,
    pub moves: u32,
    pub reports: u32,
    /// Nothing is kept longer than its appointment.
    pub appointments: u32,
}

impl Retention {
    /// A hundred years.
    const MAX_DAYS: u64 = 36_525;

    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut days = |key, default| {
            let days = reader.number("retention", key, default, 1..=Self::MAX_DAYS);
            u32::try_from(days).unwrap_or(u32::MAX)
        };
        Self {
            contacts: days("contacts", 90),
            files: days("files", 180),
            studies: days("studies", 180),
            messages: days("messages", 365),
            quality: days("quality", 365),
            viewing_record: days("viewing_record", 3650),
            moves: days("moves", 7300),
            reports: days("reports", 7300),
            appointments: days("appointments", 7300),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        use std::fmt::Write;
        let days = [
            ("contacts", self.contacts),
            ("files", self.files),
            ("studies", self.studies),
            ("messages", self.messages),
            ("quality", self.quality),
            ("viewing_record", self.viewing_record),
            ("moves", self.moves),
            ("reports", self.reports),
            ("appointments", self.appointments),
        ];
        let _ = writeln!(out, "[retention]");
        for (key, days) in days {
            let _ = writeln!(out, "{key} = {days}");
        }
    }
}
