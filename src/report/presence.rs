//! Who was in the call when, from the journal of a consultation.

use chrono::{DateTime, Utc};

use crate::clinical::{Move, ParticipantId, PlaceKind};

/// When somebody was in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presence {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// When a person was in the call, oldest first. A connection that broke and came back within its minute does not interrupt it. Whoever
/// is in it still was there until `until`.
pub fn presences(journal: &[Move], person: ParticipantId, until: DateTime<Utc>) -> Vec<Presence> {
    let mut found: Vec<Presence> = Vec::new();
    let mut since = None;
    let mut lost_at = None;
    for line in journal.iter().filter(|line| line.participant == person) {
        match (line.to, since) {
            (PlaceKind::InCall, None) => since = Some(line.at),
            (PlaceKind::InCall, Some(_)) => lost_at = None,
            (PlaceKind::Lost, Some(_)) => lost_at = Some(line.at),
            // Back on the way in.
            (PlaceKind::Admitted, Some(_)) if lost_at.is_some() => {}
            (_, Some(from)) => {
                found.push(Presence { from, until: lost_at.unwrap_or(line.at).max(from) });
                (since, lost_at) = (None, None);
            }
            (_, None) => {}
        }
    }
    if let Some(from) = since {
        found.push(Presence { from, until: lost_at.unwrap_or(until).max(from) });
    }
    found
}

/// From the first moment that anybody was in the call to the last.
pub fn held<'p>(all: impl IntoIterator<Item = &'p Presence>) -> Option<Presence> {
    all.into_iter().copied().reduce(|a, b| Presence { from: a.from.min(b.from), until: a.until.max(b.until) })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};
    use uuid::Uuid;

    use super::*;

    const PATIENT: ParticipantId = ParticipantId::new(Uuid::from_u128(1));

    fn at(second: i64) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 29, 9, 0, 0).unwrap() + TimeDelta::seconds(second)
    }

    fn journal(lines: &[(i64, PlaceKind)]) -> Vec<Move> {
        let line = |(second, to): &(i64, PlaceKind)| Move {
            participant: PATIENT,
            to: *to,
            at: at(*second),
            by: None,
            check: None,
        };
        lines.iter().map(line).collect()
    }

    fn seconds(lines: &[(i64, PlaceKind)]) -> Vec<(i64, i64)> {
        let second = |time: DateTime<Utc>| (time - at(0)).num_seconds();
        let found = presences(&journal(lines), PATIENT, at(1000));
        found.iter().map(|p| (second(p.from), second(p.until))).collect()
    }

    #[test]
    fn a_broken_connection_does_not_interrupt_and_a_good_bye_does() {
        use PlaceKind::{Admitted, InCall, Left, Lost, Testing, Waiting};
        assert_eq!(seconds(&[]), []);
        assert_eq!(seconds(&[(0, Testing), (5, Waiting), (9, Left)]), [], "never in");
        assert_eq!(seconds(&[(20, Admitted), (21, InCall), (600, Left)]), [(21, 600)]);
        assert_eq!(seconds(&[(21, InCall), (100, Lost), (130, InCall), (600, Left)]), [(21, 600)]);
        assert_eq!(seconds(&[(21, InCall), (100, Lost), (130, Admitted), (131, InCall)]), [(21, 1000)]);
        assert_eq!(seconds(&[(21, InCall), (100, Lost), (160, Left)]), [(21, 100)], "gone when it broke");
        assert_eq!(seconds(&[(21, InCall), (100, Lost)]), [(21, 100)]);
        let twice = [(21, InCall), (100, Waiting), (200, Admitted), (201, InCall), (300, Left)];
        assert_eq!(seconds(&twice), [(21, 100), (201, 300)]);
        let all = presences(&journal(&twice), PATIENT, at(1000));
        assert_eq!(held(&all), Some(Presence { from: at(21), until: at(300) }));
        assert_eq!(held([]), None);
    }
}
