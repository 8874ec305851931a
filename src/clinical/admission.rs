//! The way of one person into the call. Each state is a type of its own whose only exits are its methods, and the one that
//! admits asks for a [`Staff`], which only a consultation can make: an admission without staff cannot be written down.

use chrono::{DateTime, TimeDelta, Utc};

use super::ParticipantId;

/// How long the place of somebody whose connection broke is kept, once they have been admitted.
pub const GRACE: TimeDelta = TimeDelta::seconds(60);
/// How long the place of somebody in the waiting room whose page does not answer is kept: a telephone that is locked, a page that is
/// loaded again. They are away for so long, and not gone.
pub const AWAY: TimeDelta = TimeDelta::minutes(15);

/// How long somebody who was in the call and went may come back without being admitted again, and how long staff may open a
/// consultation again that they ended.
pub const REJOIN: TimeDelta = TimeDelta::minutes(5);

/// One device (a tab, a telephone) of a participant, numbered by the process that serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceNumber(pub u64);

/// Proof that somebody acts as staff of this consultation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff(ParticipantId);

impl Staff {
    pub(super) fn new(participant: ParticipantId) -> Self {
        Self(participant)
    }

    /// Who acts.
    pub fn participant(self) -> ParticipantId {
        self.0
    }
}

/// What the check of a device found for one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceState {
    Works,
    Refused,
    Missing,
    InUse,
    Off,
}

/// What a person's check of camera and microphone found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceCheck {
    pub camera: DeviceState,
    pub microphone: DeviceState,
}

/// Where a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Invited(Invited),
    Testing(Testing),
    Waiting(Waiting),
    Admitted(Admitted),
    InCall(InCall),
    Lost(Lost),
    Left(Left),
    Removed(Removed),
}

/// The name of a place, for rows, messages and rules that need no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKind {
    Invited,
    Testing,
    Waiting,
    Admitted,
    InCall,
    Lost,
    Left,
    Removed,
}

impl PlaceKind {
    /// Every place.
    pub const ALL: [Self; 8] = [
        Self::Invited,
        Self::Testing,
        Self::Waiting,
        Self::Admitted,
        Self::InCall,
        Self::Lost,
        Self::Left,
        Self::Removed,
    ];
}

impl Place {
    pub fn kind(&self) -> PlaceKind {
        match self {
            Self::Invited(_) => PlaceKind::Invited,
            Self::Testing(_) => PlaceKind::Testing,
            Self::Waiting(_) => PlaceKind::Waiting,
            Self::Admitted(_) => PlaceKind::Admitted,
            Self::InCall(_) => PlaceKind::InCall,
            Self::Lost(_) => PlaceKind::Lost,
            Self::Left(_) => PlaceKind::Left,
            Self::Removed(_) => PlaceKind::Removed,
        }
    }

    /// When this state began; `None` for somebody who never came.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Invited(_) => None,
            Self::Testing(x) => Some(x.since),
            Self::Waiting(x) => Some(x.since),
            Self::Admitted(x) => Some(x.since),
            Self::InCall(x) => Some(x.since),
            Self::Lost(x) => Some(x.since),
            Self::Left(x) => Some(x.since),
            Self::Removed(x) => Some(x.since),
        }
    }

    /// The device that holds the place, while somebody is there.
    pub fn device(&self) -> Option<DeviceNumber> {
        match self {
            Self::Testing(x) => Some(x.device),
            Self::Waiting(x) => Some(x.device),
            Self::Admitted(x) => Some(x.device),
            Self::InCall(x) => Some(x.device),
            Self::Invited(_) | Self::Lost(_) | Self::Left(_) | Self::Removed(_) => None,
        }
    }

    /// The device whose media are in the room: also while only its connection to the server is lost.
    pub fn room_device(&self) -> Option<DeviceNumber> {
        match self {
            Self::InCall(x) => Some(x.device),
            Self::Lost(Lost { kept: Kept::Call { device, .. }, .. }) => Some(*device),
            _ => None,
        }
    }

    /// Whether the place is lost for now and kept for this device, which may take it again.
    pub fn is_kept_for(&self, device: DeviceNumber) -> bool {
        self.lost_device() == Some(device)
    }

    /// The device that was here last and may take its place again.
    pub(super) fn lost_device(&self) -> Option<DeviceNumber> {
        match self {
            Self::Lost(x) => x.kept.device(),
            _ => None,
        }
    }

    /// Until when a lost place is kept.
    pub fn kept_until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Lost(x) => Some(x.until),
            _ => None,
        }
    }

    /// Since when somebody waits to be let in, also while their page does not answer.
    pub fn waiting_since(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Waiting(x) => Some(x.since),
            Self::Lost(Lost { kept: Kept::Waiting { since, .. }, .. }) => Some(*since),
            _ => None,
        }
    }

    /// What the device check found, for those who have made one.
    pub fn check(&self) -> Option<DeviceCheck> {
        match self {
            Self::Waiting(x) => x.check,
            Self::Lost(Lost { kept: Kept::Waiting { check, .. }, .. }) => *check,
            _ => None,
        }
    }
}

/// Has a place and has not come yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Invited(());

/// Is there and tests the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Testing {
    since: DateTime<Utc>,
    device: DeviceNumber,
}

/// Waits to be admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    since: DateTime<Utc>,
    device: DeviceNumber,
    /// Absent for somebody who was put back from the call.
    check: Option<DeviceCheck>,
}

/// Was admitted and is about to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    since: DateTime<Utc>,
    device: DeviceNumber,
    by: Staff,
    /// Was in the room before, and comes back: a lock does not hold for them.
    pub(super) is_back: bool,
}

/// Is in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InCall {
    since: DateTime<Utc>,
    device: DeviceNumber,
    by: Staff,
}

/// The connection broke; the place is kept for [`GRACE`], or for [`AWAY`] in the waiting room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    kept: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// `device` is unknown after a restart of the server.
    Waiting {
        since: DateTime<Utc>,
        check: Option<DeviceCheck>,
        device: Option<DeviceNumber>,
    },
    Admission {
        by: Staff,
        is_back: bool,
        device: Option<DeviceNumber>,
    },
    /// The media of the device go on.
    Call {
        by: Staff,
        device: DeviceNumber,
    },
}

impl Kept {
    fn device(self) -> Option<DeviceNumber> {
        match self {
            Self::Waiting { device, .. } | Self::Admission { device, .. } => device,
            Self::Call { device, .. } => Some(device),
        }
    }
}

/// Went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    since: DateTime<Utc>,
    /// Who had admitted them, where they went out of the call.
    back: Option<Staff>,
}

/// Was removed by staff and does not come back with the same link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    since: DateTime<Utc>,
    by: Staff,
}

impl Invited {
    pub(super) fn arrive(self, device: DeviceNumber, now: DateTime<Utc>) -> Testing {
        Testing { since: now, device }
    }
}

impl Testing {
    /// A guest asks to be let in.
    pub(super) fn wait(self, check: DeviceCheck, now: DateTime<Utc>) -> Waiting {
        Waiting { since: now, device: self.device, check: Some(check) }
    }

    /// Staff of the appointment need nobody's admission but their own.
    pub(super) fn step_in(self, staff: Staff, now: DateTime<Utc>) -> InCall {
        InCall { since: now, device: self.device, by: staff }
    }

    pub(super) fn move_to(self, device: DeviceNumber) -> Self {
        Self { device, ..self }
    }

    /// Nothing is kept of somebody who only tested.
    pub(super) fn lose(self) -> Invited {
        Invited::default()
    }

    pub(super) fn leave(self, now: DateTime<Utc>) -> Left {
        Left { since: now, back: None }
    }
}

impl Waiting {
    pub(super) fn admit(self, by: Staff, now: DateTime<Utc>) -> Admitted {
        Admitted { since: now, device: self.device, by, is_back: false }
    }

    /// Tests again without losing the place in time.
    pub(super) fn check_again(self, check: DeviceCheck) -> Self {
        Self { check: Some(check), ..self }
    }

    pub(super) fn move_to(self, device: DeviceNumber) -> Self {
        Self { device, ..self }
    }

    pub(super) fn lose(self, now: DateTime<Utc>) -> Lost {
        let kept = Kept::Waiting { since: self.since, check: self.check, device: Some(self.device) };
        Lost { since: now, until: now + AWAY, kept }
    }

    pub(super) fn leave(self, now: DateTime<Utc>) -> Left {
        Left { since: now, back: None }
    }

    pub(super) fn remove(self, by: Staff, now: DateTime<Utc>) -> Removed {
        Removed { since: now, by }
    }
}

impl Admitted {
    pub(super) fn enter(self, now: DateTime<Utc>) -> InCall {
        InCall { since: now, device: self.device, by: self.by }
    }

    pub(super) fn move_to(self, device: DeviceNumber) -> Self {
        Self { device, ..self }
    }

    pub(super) fn put_back(self, now: DateTime<Utc>) -> Waiting {
        Waiting { since: now, device: self.device, check: None }
    }

    pub(super) fn lose(self, now: DateTime<Utc>) -> Lost {
        let kept = Kept::Admission { by: self.by, is_back: self.is_back, device: Some(self.device) };
        Lost { since: now, until: now + GRACE, kept }
    }

    pub(super) fn leave(self, now: DateTime<Utc>) -> Left {
        Left { since: now, back: self.is_back.then_some(self.by) }
    }

    pub(super) fn remove(self, by: Staff, now: DateTime<Utc>) -> Removed {
        Removed { since: now, by }
    }
}

impl InCall {
    /// A newer device of the same person takes over: it keeps the admission and enters by itself.
    pub(super) fn move_to(self, device: DeviceNumber, now: DateTime<Utc>) -> Admitted {
        Admitted { since: now, device, by: self.by, is_back: true }
    }

    pub(super) fn put_back(self, now: DateTime<Utc>) -> Waiting {
        Waiting { since: now, device: self.device, check: None }
    }

    pub(super) fn lose(self, now: DateTime<Utc>) -> Lost {
        Lost { since: now, until: now + GRACE, kept: Kept::Call { by: self.by, device: self.device } }
    }

    pub(super) fn leave(self, now: DateTime<Utc>) -> Left {
        Left { since: now, back: Some(self.by) }
    }

    pub(super) fn remove(self, by: Staff, now: DateTime<Utc>) -> Removed {
        Removed { since: now, by }
    }
}

impl Lost {
    /// Comes back in time: waiting since the same moment, or admitted as before.
    pub(super) fn come_back(self, device: DeviceNumber, now: DateTime<Utc>) -> Place {
        match self.kept {
            Kept::Waiting { since, check, .. } => Place::Waiting(Waiting { since, device, check }),
            Kept::Admission { by, is_back, .. } => {
                Place::Admitted(Admitted { since: now, device, by, is_back })
            }
            Kept::Call { by, .. } => Place::Admitted(Admitted { since: now, device, by, is_back: true }),
        }
    }

    /// The very device comes back: where it was, in the room if it was there.
    pub(super) fn resume(self, device: DeviceNumber, now: DateTime<Utc>) -> Place {
        match self.kept {
            Kept::Call { by, device: kept } if kept == device => {
                Place::InCall(InCall { since: now, device, by })
            }
            _ => self.come_back(device, now),
        }
    }

    /// Is not back in time. Who was in the call went when the connection broke.
    pub(super) fn expire(self, now: DateTime<Utc>) -> Left {
        match self.kept {
            Kept::Call { by, .. } => Left { since: self.since, back: Some(by) },
            Kept::Admission { by, is_back: true, .. } => Left { since: self.since, back: Some(by) },
            Kept::Waiting { .. } | Kept::Admission { .. } => Left { since: now, back: None },
        }
    }

    pub(super) fn remove(self, by: Staff, now: DateTime<Utc>) -> Removed {
        Removed { since: now, by }
    }
}

impl Left {
    /// Whether they may come back as they were.
    pub(super) fn may_come_back(self, now: DateTime<Utc>) -> bool {
        self.back.is_some() && now < self.since + REJOIN
    }

    /// Comes again: from the start, or, who was in the call until a moment ago, as somebody who was admitted.
    pub(super) fn arrive(self, device: DeviceNumber, now: DateTime<Utc>) -> Place {
        match self.back {
            Some(by) if self.may_come_back(now) => {
                Place::Admitted(Admitted { since: now, device, by, is_back: true })
            }
            _ => Place::Testing(self.arrive_anew(device, now)),
        }
    }

    /// Comes again from the start, whatever was before.
    pub(super) fn arrive_anew(self, device: DeviceNumber, now: DateTime<Utc>) -> Testing {
        Testing { since: now, device }
    }

    /// Staff want them back no more.
    pub(super) fn remove(self, by: Staff, now: DateTime<Utc>) -> Removed {
        Removed { since: now, by }
    }
}

impl Removed {
    /// Staff gave this person a new link.
    pub(super) fn invite_again(self) -> Invited {
        Invited::default()
    }

    /// Who removed the person.
    pub fn by(&self) -> ParticipantId {
        self.by.participant()
    }
}

/// One line of the journal of a consultation: somebody came to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub participant: ParticipantId,
    pub to: PlaceKind,
    pub at: DateTime<Utc>,
    /// Who moved them, when it was somebody else.
    pub by: Option<ParticipantId>,
    pub check: Option<DeviceCheck>,
}

/// What the journal says of one person when the server starts again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered<'a> {
    /// The last line, and the one before it.
    pub(super) last: &'a Move,
    pub(super) before: Option<&'a Move>,
}

/// The place after a restart of the server. Nobody who was there has a connection any more. Who waited waits on, since the same
/// moment, and is away for [`AWAY`] at most: from the restart on, or from when their page had ceased to answer before it. Who had been admitted keeps the admission for [`GRACE`] after the last moment at which it is known to have held: the
/// last line of the journal, or `seen_at`, when the server last wrote that the consultation was going on. Longer than that, and
/// staff have to admit them again (docs/adr/0011-coming-back.md).
pub(super) fn resume(person: Remembered<'_>, seen_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Place {
    let Remembered { last, before } = person;
    let by = Staff::new(last.by.unwrap_or(last.participant));
    let came_from = |kind| before.is_some_and(|line| line.to == kind);
    // `away_since`: since when their page is known not to answer. A clock that was set back keeps nobody longer.
    let waits = |since, away_since: DateTime<Utc>| {
        let away_since = away_since.min(now);
        let until = away_since + AWAY;
        if until <= now {
            return Place::Left(Left { since: until, back: None });
        }
        let kept = Kept::Waiting { since, check: last.check, device: None };
        Place::Lost(Lost { since: away_since, until, kept })
    };
    let admission = |known_at: DateTime<Utc>, is_back| {
        // A clock that was set back makes no admission longer.
        let until = known_at.min(now) + GRACE;
        if until <= now {
            return Place::Left(Left { since: known_at, back: None });
        }
        Place::Lost(Lost { since: known_at, until, kept: Kept::Admission { by, is_back, device: None } })
    };
    let seen = seen_at.map_or(last.at, |at| at.max(last.at));
    match last.to {
        PlaceKind::Invited | PlaceKind::Testing => Place::Invited(Invited::default()),
        PlaceKind::Waiting => waits(last.at, now),
        PlaceKind::Admitted => admission(seen, came_from(PlaceKind::InCall) || came_from(PlaceKind::Lost)),
        PlaceKind::InCall => admission(seen, true),
        PlaceKind::Lost => match before {
            Some(line) if line.to == PlaceKind::Waiting => waits(line.at, last.at),
            Some(line) if matches!(line.to, PlaceKind::Admitted | PlaceKind::InCall) => {
                admission(last.at, line.to == PlaceKind::InCall)
            }
            // Lost from where nobody had admitted them.
            _ => Place::Invited(Invited::default()),
        },
        PlaceKind::Left => {
            Place::Left(Left { since: last.at, back: came_from(PlaceKind::InCall).then_some(by) })
        }
        PlaceKind::Removed => Place::Removed(Removed { since: last.at, by }),
    }
}
