//! The waiting room, whatever happens in whatever order: against a model that says what people would expect.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const COLLEAGUE: PractitionerId = PractitionerId::new(Uuid::from_u128(31));

#[test]
fn somebody_whose_page_does_not_answer_is_away_and_keeps_the_place_for_a_quarter_of_an_hour() {
    let mut c = waiting();
    let effects = run(&mut c, 30, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    let until = at(30) + AWAY;
    assert!(effects.contains(&Effect::WakeAt(until)));
    let place = c.place(PATIENT).unwrap();
    assert_eq!(
        (place.kind(), place.since(), place.kept_until()),
        (PlaceKind::Lost, Some(at(30)), Some(until))
    );
    assert_eq!(place.waiting_since(), Some(at(5)), "away, and not gone");
    assert_eq!(
        c.handle(at(31), Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true }),
        Err(Refusal::NotWaiting),
        "nobody is let in who is not there"
    );
    // A telephone that was locked for three minutes.
    run(&mut c, 210, Input::Resume { participant: PATIENT, device: DeviceNumber(1) });
    assert_eq!((kind(&c, PATIENT), c.place(PATIENT).unwrap().since()), (PlaceKind::Waiting, Some(at(5))));
    run(&mut c, 300, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    run(&mut c, 1199, Input::Wake);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Lost);
    run(&mut c, 1200, Input::Wake);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Left, "and not for ever");
}

#[test]
fn whoever_waited_when_the_server_stopped_waits_on_and_whoever_was_away_is_away_as_long_as_before() {
    let line = |second, to| Move { participant: PATIENT, to, at: at(second), by: None, check: None };
    let waited = [line(0, PlaceKind::Testing), line(5, PlaceKind::Waiting)];
    let away = [&waited[..], &[line(100, PlaceKind::Lost)]].concat();
    for (journal, now, since) in [
        (&waited[..], 4000, Some(5)),
        (&away[..], 999, Some(5)),
        (&away[..], 1000, None),
        (&away[..], 4000, None),
    ] {
        let (c, _) = Consultation::resume(&appointment(), agreed(), journal, Remains::default(), at(now));
        assert_eq!(c.place(PATIENT).unwrap().waiting_since(), since.map(at), "{journal:?} at {now}");
    }
}

#[test]
fn the_waiting_room_is_for_the_service_and_the_front_desk_enters_nothing() {
    let mut visit = appointment();
    let members = [STAFF, COLLEAGUE];
    let of = |practitioner, role| Actor::Staff {
        practitioner,
        roles: vec![role],
        places: Workplaces::default(),
        lent: Lent::default(),
    };
    let stranger = PractitionerId::new(Uuid::from_u128(77));
    let may = |actor: &Actor, verb, visit: &Appointment, may_take_over| {
        let policy = WaitingPolicy { may_take_over, ..WaitingPolicy::default() };
        authorize(actor, verb, &Object::WaitingRoom { appointment: visit, members: &members, policy }).is_ok()
    };
    for (who, role, tends, takes_over) in [
        (STAFF, StaffRole::Doctor, true, true),
        (COLLEAGUE, StaffRole::Doctor, true, true),
        (COLLEAGUE, StaffRole::Administrator, false, false),
        (stranger, StaffRole::Doctor, false, false),
        (stranger, StaffRole::Secretary, true, false),
    ] {
        let actor = of(who, role);
        assert_eq!(may(&actor, Verb::TendWaitingRoom, &visit, true), tends, "{role:?}");
        assert_eq!(may(&actor, Verb::TakeOver, &visit, true), takes_over, "{role:?}");
        assert!(!may(&actor, Verb::TakeOver, &visit, false), "the service has not allowed it");
        for verb in [Verb::Attend, Verb::AdmitPeople, Verb::SeePeople, Verb::EndConsultation] {
            assert!(!may(&actor, verb, &visit, true), "{verb:?}");
        }
    }
    let guest = Actor::Guest { participant: PATIENT, role: Role::Patient };
    assert!(Verb::ALL.into_iter().all(|verb| !may(&guest, verb, &visit, true)));
    visit.status = visit.status.cancel(at(0), STAFF).unwrap();
    assert!(!may(&of(COLLEAGUE, StaffRole::Doctor), Verb::TakeOver, &visit, true), "it is over");
}

#[test]
fn who_is_late_and_who_somebody_is_is_not_everybodys_to_say() {
    let visit = appointment();
    let of = |practitioner, role| Actor::Staff {
        practitioner,
        roles: vec![role],
        places: Workplaces::default(),
        lent: Lent::default(),
    };
    let late = |actor: &Actor| authorize(actor, Verb::TellDelay, &Object::Practitioner(STAFF)).is_ok();
    assert!(late(&of(STAFF, StaffRole::Doctor)) && late(&of(COLLEAGUE, StaffRole::Secretary)));
    assert!(!late(&of(COLLEAGUE, StaffRole::Doctor)) && !late(&of(STAFF, StaffRole::Administrator)));
    let may = |actor: &Actor, verb| authorize(actor, verb, &Object::Appointment(&visit)).is_ok();
    let (doctor, desk) = (of(STAFF, StaffRole::Doctor), of(COLLEAGUE, StaffRole::Secretary));
    assert!(may(&doctor, Verb::CheckIdentity) && may(&doctor, Verb::KeepIns) && may(&desk, Verb::KeepIns));
    assert!(!may(&desk, Verb::CheckIdentity), "the front desk sees nobody's face");
    assert!(!may(&of(COLLEAGUE, StaffRole::Doctor), Verb::KeepIns));
}

/// What happens around a waiting room.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A page is opened: the first, or one more.
    Open(usize),
    /// The page that counts is loaded again; `true`: the new one comes before the gateway has noticed that the old one went.
    Reload(usize, bool),
    /// The page that counts does not answer any more.
    Lost(usize),
    /// It answers again.
    Back(usize),
    Ready(usize),
    Enter(usize),
    Leave(usize),
    Admit(usize),
    PutBack(usize),
    Refuse(usize),
    Message(usize),
    Late(u16),
    Restart,
}

fn any_event() -> impl Strategy<Value = Event> {
    let who = 0_usize..2;
    prop_oneof![
        4 => who.clone().prop_map(Event::Open),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, is_quick)| Event::Reload(who, is_quick)),
        3 => who.clone().prop_map(Event::Lost),
        4 => who.clone().prop_map(Event::Back),
        6 => who.clone().prop_map(Event::Ready),
        3 => who.clone().prop_map(Event::Enter),
        1 => who.clone().prop_map(Event::Leave),
        3 => who.clone().prop_map(Event::Admit),
        2 => who.clone().prop_map(Event::PutBack),
        1 => who.clone().prop_map(Event::Refuse),
        2 => who.prop_map(Event::Message),
        1 => (0_u16..30).prop_map(Event::Late),
        1 => Just(Event::Restart),
    ]
}

/// The page of one guest, and what it was told.
#[derive(Clone, Debug, Default)]
struct Page {
    /// Of a page that does not answer too.
    device: Option<DeviceNumber>,
    is_awake: bool,
    heard: BTreeSet<WaitingMessageId>,
    delay: Option<u16>,
}

/// What people expect: who waits since when, and since when their page does not answer.
type Expected = BTreeMap<ParticipantId, (DateTime<Utc>, Option<DateTime<Utc>>)>;

struct World {
    c: Consultation,
    now: i64,
    devices: u64,
    journal: Vec<Move>,
    /// As rows hold them.
    messages: Vec<WaitingMessage>,
    delay: Option<Delay>,
    notices: WaitingNotices,
    pages: [Page; 2],
    expected: Expected,
    admitted: BTreeSet<ParticipantId>,
    /// Who left the call of their own accord, and when: they may come back to it for a while.
    left_the_call: BTreeMap<ParticipantId, DateTime<Utc>>,
    refused: BTreeSet<ParticipantId>,
}

const GUESTS: [ParticipantId; 2] = [PATIENT, RELATIVE];

impl World {
    fn new() -> Self {
        let mut world = Self {
            c: Consultation::new(&appointment(), agreed()),
            now: 0,
            devices: 0,
            journal: Vec::new(),
            messages: Vec::new(),
            delay: None,
            notices: WaitingNotices::default(),
            pages: Default::default(),
            expected: Expected::new(),
            admitted: BTreeSet::new(),
            left_the_call: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        world.doctor_comes();
        world
    }

    fn device(&mut self) -> DeviceNumber {
        self.devices += 1;
        DeviceNumber(self.devices)
    }

    fn feed(&mut self, input: Input) -> bool {
        let Ok(effects) = self.c.handle(at(self.now), input) else { return false };
        for effect in effects {
            if let Effect::Moved(line) = effect {
                self.journal.push(line);
            }
        }
        true
    }

    fn doctor_comes(&mut self) {
        let device = self.device();
        assert!(self.feed(Input::Arrive { participant: DOCTOR, device }));
        assert!(self.feed(Input::Enter { participant: DOCTOR, device }));
    }

    /// Time passes: whoever is away for too long is gone.
    fn pass(&mut self, seconds: i64) {
        self.now += seconds;
        assert!(self.feed(Input::Wake));
        let now = at(self.now);
        self.expected.retain(|_, (_, away)| away.is_none_or(|since| since + AWAY > now));
    }

    /// A page of this guest says hello as a new one.
    fn open(&mut self, who: usize) {
        let (participant, device) = (GUESTS[who], self.device());
        let is_in = self.feed(Input::Arrive { participant, device });
        assert_eq!(is_in, !self.refused.contains(&participant), "only somebody who was refused is kept out");
        if is_in {
            let older = std::mem::take(&mut self.pages[who]);
            self.pages[who] = Page { device: Some(device), is_awake: true, ..Page::default() };
            // The one that was taken over closes, which says nothing.
            if let Some(older) = older.device {
                self.feed(Input::Lose { participant, device: older });
            }
            if let Some(left_at) = self.left_the_call.remove(&participant)
                && at(self.now) < left_at + REJOIN
                && kind(&self.c, participant) == PlaceKind::Admitted
            {
                self.admitted.insert(participant);
            }
            self.is_there(who);
        }
    }

    /// The page that counts answers: nobody is away any more, and it is told what there is.
    fn is_there(&mut self, who: usize) {
        if let Some((_, away)) = self.expected.get_mut(&GUESTS[who]) {
            *away = None;
        }
        self.tell_all(who);
    }

    fn tell_all(&mut self, who: usize) {
        let participant = GUESTS[who];
        for notice in self.notices.told_to(participant, kind(&self.c, participant), at(self.now)) {
            self.tell(who, notice);
        }
    }

    fn tell(&mut self, who: usize, notice: Notice) {
        let page = &mut self.pages[who];
        assert!(page.is_awake);
        match notice {
            Notice::Message(message) => {
                assert_eq!(message.to, GUESTS[who], "words for somebody else");
                page.heard.insert(message.id);
            }
            Notice::Delay(delay) => page.delay = delay.map(|delay| delay.minutes),
            Notice::Position(_) => {}
        }
    }

    fn happens(&mut self, event: Event) {
        let now = at(self.now);
        match event {
            Event::Open(who) => self.open(who),
            Event::Reload(who, is_quick) => {
                let Some(device) = self.pages[who].device else { return };
                if !is_quick {
                    self.sleep(who, device);
                }
                self.open(who);
            }
            Event::Lost(who) => {
                if let (Some(device), true) = (self.pages[who].device, self.pages[who].is_awake) {
                    self.sleep(who, device);
                }
            }
            Event::Back(who) => {
                let Some(device) = self.pages[who].device.filter(|_| !self.pages[who].is_awake) else {
                    return;
                };
                if self.feed(Input::Resume { participant: GUESTS[who], device }) {
                    self.pages[who].is_awake = true;
                    self.is_there(who);
                } else {
                    self.open(who);
                }
            }
            Event::Ready(who) => {
                let (participant, was) = (GUESTS[who], kind(&self.c, GUESTS[who]));
                let Some(device) = self.pages[who].device.filter(|_| self.pages[who].is_awake) else {
                    return;
                };
                if self.feed(Input::Ready { participant, device, check: WORKS }) {
                    if was == PlaceKind::Testing {
                        self.expected.insert(participant, (now, None));
                    }
                    self.tell_all(who);
                }
            }
            Event::Enter(who) => {
                if let Some(device) = self.pages[who].device {
                    self.feed(Input::Enter { participant: GUESTS[who], device });
                }
            }
            Event::Leave(who) => {
                let participant = GUESTS[who];
                let Some(device) = self.pages[who].device.filter(|_| self.pages[who].is_awake) else {
                    return;
                };
                let was_let_in = self.admitted.contains(&participant);
                if self.feed(Input::Leave { participant, device }) {
                    self.gone(who);
                    if was_let_in {
                        self.left_the_call.insert(participant, now);
                    }
                }
            }
            Event::Admit(who) => {
                let participant = GUESTS[who];
                let is_let_in = self.feed(Input::Admit { by: DOCTOR, participant, is_recognised: true });
                let waits = self.expected.get(&participant).is_some_and(|(_, away)| away.is_none());
                assert_eq!(is_let_in, waits, "exactly those who wait and are there are let in");
                if is_let_in {
                    self.expected.remove(&participant);
                    self.admitted.insert(participant);
                }
            }
            Event::PutBack(who) => {
                let participant = GUESTS[who];
                if self.feed(Input::PutBack { by: DOCTOR, participant }) {
                    self.admitted.remove(&participant);
                    self.expected.insert(participant, (now, None));
                    self.tell_all(who);
                }
            }
            Event::Refuse(who) => {
                let participant = GUESTS[who];
                if self.feed(Input::Remove { by: DOCTOR, participant }) {
                    self.refused.insert(participant);
                    self.gone(who);
                }
            }
            Event::Message(who) => {
                let id = WaitingMessageId::new(Uuid::from_u128(self.messages.len() as u128));
                let words = WaitingWords::Ready(ReadySentence::ThankYouForWaiting);
                let message = WaitingMessage { id, to: GUESTS[who], by: STAFF, at: now, words };
                self.messages.push(message.clone());
                assert!(self.notices.add(message));
                if kind(&self.c, GUESTS[who]) == PlaceKind::Waiting {
                    self.tell_all(who);
                }
            }
            Event::Late(minutes) => {
                let delay = Delay::new(STAFF, minutes, STAFF, now).unwrap();
                self.delay = Some(delay);
                self.notices.set_delay(delay, now);
                for (who, guest) in GUESTS.into_iter().enumerate() {
                    if matches!(kind(&self.c, guest), PlaceKind::Waiting | PlaceKind::Testing) {
                        self.tell(who, Notice::Delay(self.notices.delay(now)));
                    }
                }
            }
            Event::Restart => {
                let remains = Remains { seen_at: Some(now), ..Remains::default() };
                let (c, effects) =
                    Consultation::resume(&appointment(), agreed(), &self.journal, remains, now);
                self.c = c;
                let moved = effects.into_iter().filter_map(|effect| match effect {
                    Effect::Moved(line) => Some(line),
                    _ => None,
                });
                self.journal.extend(moved);
                self.notices = WaitingNotices::after(self.messages.clone(), self.delay.into_iter().collect());
                for page in &mut self.pages {
                    page.is_awake = false;
                }
                for (_, away) in self.expected.values_mut() {
                    away.get_or_insert(now);
                }
                self.doctor_comes();
            }
        }
    }

    fn sleep(&mut self, who: usize, device: DeviceNumber) {
        self.feed(Input::Lose { participant: GUESTS[who], device });
        self.pages[who].is_awake = false;
        let now = at(self.now);
        if let Some((_, away)) = self.expected.get_mut(&GUESTS[who]) {
            away.get_or_insert(now);
        }
    }

    fn gone(&mut self, who: usize) {
        self.expected.remove(&GUESTS[who]);
        self.admitted.remove(&GUESTS[who]);
        self.left_the_call.remove(&GUESTS[who]);
        self.pages[who] = Page::default();
    }

    /// Nobody is past the staff, nobody is there who is not, and nobody has lost a place.
    fn check(&self) -> Result<(), TestCaseError> {
        let actual: Expected = self
            .c
            .places()
            .filter_map(|(id, _, place)| {
                let away = place.since().filter(|_| place.kind() == PlaceKind::Lost);
                Some((id, (place.waiting_since()?, away)))
            })
            .collect();
        prop_assert_eq!(&actual, &self.expected, "who waits, since when, and who is away");
        for (who, participant) in GUESTS.into_iter().enumerate() {
            let (place, page) = (self.c.place(participant).unwrap(), &self.pages[who]);
            if place.room_device().is_some() || place.kind() == PlaceKind::Admitted {
                prop_assert!(self.admitted.contains(&participant), "past the staff");
            }
            if place.kind() == PlaceKind::Waiting {
                prop_assert!(page.is_awake && place.device() == page.device, "a phantom");
                let meant: BTreeSet<_> = self
                    .messages
                    .iter()
                    .filter(|message| message.to == participant)
                    .map(|message| message.id)
                    .collect();
                prop_assert_eq!(&page.heard, &meant, "a page that waits has all that it was sent");
                let late = self.notices.delay(at(self.now)).map(|delay| delay.minutes);
                if late.is_some() {
                    prop_assert_eq!(page.delay, late);
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    /// In whatever order people arrive, load again, open a second tab, are lost, come back, are admitted, put back and refused, are written
    /// to, hear of a delay, and the server starts anew: exactly those wait who would say so themselves, since when they would say so, once each.
    #[test]
    fn the_waiting_room_is_what_people_expect(
        events in prop::collection::vec((any_event(), prop_oneof![4 => 0_i64..50, 1 => 0_i64..1000]), 1..120)
    ) {
        let mut world = World::new();
        for (event, pause) in events {
            world.pass(pause);
            // The doctor's own place is kept, whatever the time.
            world.happens(event);
            world.check()?;
        }
    }
}

#[test]
fn whoever_left_the_call_comes_back_to_it_for_five_minutes_without_waiting_again() {
    let mut world = World::new();
    let events =
        [Event::Open(0), Event::Ready(0), Event::Admit(0), Event::Enter(0), Event::Leave(0), Event::Open(0)];
    for event in events {
        world.happens(event);
        world.check().unwrap();
    }
    assert_eq!(kind(&world.c, PATIENT), PlaceKind::Admitted);
    world.happens(Event::Enter(0));
    world.happens(Event::Leave(0));
    world.pass(REJOIN.num_seconds());
    world.happens(Event::Open(0));
    world.check().unwrap();
    assert_eq!(kind(&world.c, PATIENT), PlaceKind::Testing, "and not a second longer");
}
