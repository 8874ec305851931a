//! How the call goes for each person: measurements gathered, the word told, the record written.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::consultation::Task;
use super::ledger::Entry;
use crate::clinical::{
    MediaDirection, MediaPath, ParticipantId, Quality, QualityMeter, QualityReport, QualityTally, covered,
};
use crate::protocol::ServerMessage;
use crate::store::QualityKey;

/// What was measured in one consultation.
#[derive(Debug, Default)]
pub(super) struct CallQuality {
    tallies: BTreeMap<QualityKey, QualityTally>,
    /// Rows that are older than what is here.
    unwritten: BTreeSet<QualityKey>,
    people: BTreeMap<ParticipantId, Person>,
}

#[derive(Debug, Default)]
struct Person {
    meter: QualityMeter,
    publish: Way,
    subscribe: Way,
}

#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// As the media part says; what a device says counts only without it.
    path: Option<MediaPath>,
    reported_path: Option<MediaPath>,
    reported_at: Option<DateTime<Utc>>,
    is_lost: bool,
}

impl Person {
    fn way(&mut self, direction: MediaDirection) -> &mut Way {
        match direction {
            MediaDirection::Publish => &mut self.publish,
            MediaDirection::Subscribe => &mut self.subscribe,
        }
    }
}

impl CallQuality {
    /// Goes on with what was written before a restart.
    pub(super) fn resume(rows: Vec<(QualityKey, QualityTally)>) -> Self {
        Self { tallies: rows.into_iter().collect(), ..Self::default() }
    }

    /// Takes what a device measured; `seconds` of the report is found here. Answers with the word when it has changed.
    pub(super) fn report(
        &mut self,
        participant: ParticipantId,
        report: QualityReport,
        now: DateTime<Utc>,
    ) -> Option<Quality> {
        let person = self.people.entry(participant).or_default();
        let way = person.way(report.direction);
        let seconds = covered(way.reported_at.replace(now), now);
        way.reported_path = Some(report.path);
        let path = way.path.unwrap_or(report.path);
        let report = QualityReport { path, seconds, ..report }.clean();
        let key = (participant, report.direction, path);
        self.tallies.entry(key).or_default().add(&report);
        self.unwritten.insert(key);
        person.meter.add(&report)
    }

    /// The media part knows how packets travel.
    pub(super) fn travels(&mut self, participant: ParticipantId, direction: MediaDirection, path: MediaPath) {
        self.people.entry(participant).or_default().way(direction).path = Some(path);
    }

    /// Media of one direction are lost.
    pub(super) fn lost(&mut self, participant: ParticipantId, direction: MediaDirection) -> Option<Quality> {
        let person = self.people.entry(participant).or_default();
        person.way(direction).is_lost = true;
        person.meter.set_lost(direction, true)
    }

    /// Media of one direction can flow; after a loss that counts as a reconnection.
    pub(super) fn connected(
        &mut self,
        participant: ParticipantId,
        direction: MediaDirection,
    ) -> Option<Quality> {
        let person = self.people.entry(participant).or_default();
        let way = person.way(direction);
        if std::mem::take(&mut way.is_lost) {
            let path = way.path.or(way.reported_path).unwrap_or(MediaPath::Udp);
            let key = (participant, direction, path);
            let tally = self.tallies.entry(key).or_default();
            tally.reconnections = tally.reconnections.saturating_add(1);
            self.unwritten.insert(key);
        }
        person.meter.set_lost(direction, false)
    }

    /// The person has left the room: whatever device comes next begins anew. The tallies stay.
    pub(super) fn left(&mut self, participant: ParticipantId) {
        self.people.remove(&participant);
    }

    /// Words that are not good, for somebody who comes in.
    pub(super) fn words(&self) -> impl Iterator<Item = (ParticipantId, Quality)> {
        let words = self.people.iter().map(|(id, person)| (*id, person.meter.word()));
        words.filter(|(_, word)| *word != Quality::Good)
    }

    fn take_unwritten(&mut self) -> BTreeMap<QualityKey, QualityTally> {
        let keys = std::mem::take(&mut self.unwritten);
        keys.into_iter().filter_map(|key| Some((key, *self.tallies.get(&key)?))).collect()
    }
}

impl Task {
    /// Tells everybody in the room how a person's connection is, if that has changed.
    pub(super) fn tell_quality(&mut self, participant: ParticipantId, changed: Option<Quality>) {
        if let Some(word) = changed {
            let word = word.into();
            self.tell_room(&ServerMessage::QualityOf { participant: participant.to_string(), word });
        }
    }

    /// Writes what has been measured since the last time.
    pub(super) fn write_quality(&mut self) {
        let rows = self.quality.take_unwritten();
        if !rows.is_empty() {
            self.put(Entry::Quality(rows));
        }
    }
}
