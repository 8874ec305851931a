use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const PATIENT: ParticipantId = ParticipantId::new(Uuid::from_u128(1));
const RELATIVE: ParticipantId = ParticipantId::new(Uuid::from_u128(2));
const DOCTOR: ParticipantId = ParticipantId::new(Uuid::from_u128(3));
const STRANGER: ParticipantId = ParticipantId::new(Uuid::from_u128(9));
const STAFF: PractitionerId = PractitionerId::new(Uuid::from_u128(30));
const WORKS: DeviceCheck = DeviceCheck { camera: DeviceState::Works, microphone: DeviceState::Works };

fn at(second: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 25, 13, 30, 0).unwrap() + TimeDelta::seconds(second)
}

fn person(id: ParticipantId, part: Part) -> Participant {
    Participant { id, name: "Somebody".into(), part, language: Language::French }
}

fn booking() -> Booking {
    Booking {
        starts_at: at(0),
        ends_at: at(1800),
        service: "Cardiologie".into(),
        participants: vec![
            person(PATIENT, Part::Guest(GuestRole::Patient)),
            person(RELATIVE, Part::Guest(GuestRole::Relative)),
            person(DOCTOR, Part::Practitioner(STAFF)),
        ],
        note: "".into(),
    }
}

fn appointment() -> Appointment {
    Appointment::book(AppointmentId::new(Uuid::from_u128(100)), booking(), STAFF, at(-3600)).unwrap()
}

fn run(consultation: &mut Consultation, second: i64, input: Input) -> Vec<Effect> {
    consultation.handle(at(second), input).unwrap().into_iter().collect()
}

fn kind(consultation: &Consultation, participant: ParticipantId) -> PlaceKind {
    consultation.place(participant).unwrap().kind()
}

/// Patient in the waiting room, doctor in the call.
fn waiting() -> Consultation {
    let mut c = Consultation::new(&appointment());
    run(&mut c, 0, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    run(&mut c, 5, Input::Ready { participant: PATIENT, device: DeviceNumber(1), check: WORKS });
    run(&mut c, 10, Input::Arrive { participant: DOCTOR, device: DeviceNumber(2) });
    run(&mut c, 11, Input::Enter { participant: DOCTOR, device: DeviceNumber(2) });
    c
}

fn in_call() -> Consultation {
    let mut c = waiting();
    run(&mut c, 20, Input::Admit { by: DOCTOR, participant: PATIENT });
    run(&mut c, 21, Input::Enter { participant: PATIENT, device: DeviceNumber(1) });
    c
}

#[test]
fn a_visit_runs_from_the_link_to_the_outcome() {
    let mut c = waiting();
    assert_eq!(c.place(PATIENT).unwrap().since(), Some(at(5)));
    assert_eq!(c.place(PATIENT).unwrap().check(), Some(WORKS));
    let effects = run(&mut c, 20, Input::Admit { by: DOCTOR, participant: PATIENT });
    assert!(matches!(effects[..], [Effect::Moved(Move { to: PlaceKind::Admitted, by: Some(DOCTOR), .. })]));
    let effects = run(&mut c, 21, Input::Enter { participant: PATIENT, device: DeviceNumber(1) });
    assert!(effects.contains(&Effect::EnterRoom { participant: PATIENT, device: DeviceNumber(1) }));
    let effects = run(&mut c, 900, Input::End { by: DOCTOR, outcome: Outcome::Completed });
    assert!(effects.contains(&Effect::LeaveRoom { participant: PATIENT, device: DeviceNumber(1) }));
    assert_eq!(effects.last(), Some(&Effect::Ended { outcome: Outcome::Completed }));
    let late = c.handle(at(901), Input::Arrive { participant: PATIENT, device: DeviceNumber(3) });
    assert_eq!(late, Err(Refusal::Over));
}

#[test]
fn a_guest_does_not_enter_without_admission() {
    let mut c = waiting();
    let enter = Input::Enter { participant: PATIENT, device: DeviceNumber(1) };
    assert_eq!(c.handle(at(12), enter), Err(Refusal::NotAdmitted));
    assert_eq!(c.handle(at(12), Input::Admit { by: PATIENT, participant: PATIENT }), Err(Refusal::NotStaff));
    assert_eq!(kind(&c, PATIENT), PlaceKind::Waiting);
}

#[test]
fn staff_who_are_not_there_admit_nobody() {
    let mut c = Consultation::new(&appointment());
    run(&mut c, 0, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    run(&mut c, 1, Input::Ready { participant: PATIENT, device: DeviceNumber(1), check: WORKS });
    assert_eq!(c.handle(at(2), Input::Admit { by: DOCTOR, participant: PATIENT }), Err(Refusal::NotStaff));
    let stranger = Input::Admit { by: STRANGER, participant: PATIENT };
    assert_eq!(c.handle(at(2), stranger), Err(Refusal::UnknownParticipant));
}

#[test]
fn a_lost_place_is_kept_for_a_minute() {
    let mut c = in_call();
    let effects = run(&mut c, 100, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    assert!(effects.contains(&Effect::LeaveRoom { participant: PATIENT, device: DeviceNumber(1) }));
    assert!(effects.contains(&Effect::WakeAt(at(160))));
    run(&mut c, 159, Input::Wake);
    run(&mut c, 159, Input::Arrive { participant: PATIENT, device: DeviceNumber(7) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted, "back without a second admission");
    run(&mut c, 160, Input::Enter { participant: PATIENT, device: DeviceNumber(7) });
    run(&mut c, 200, Input::Lose { participant: PATIENT, device: DeviceNumber(7) });
    run(&mut c, 260, Input::Wake);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Left);
    run(&mut c, 261, Input::Arrive { participant: PATIENT, device: DeviceNumber(8) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Testing, "an admission does not outlive the grace");
}

#[test]
fn waiting_time_survives_a_lost_connection() {
    let mut c = waiting();
    run(&mut c, 30, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    run(&mut c, 40, Input::Arrive { participant: PATIENT, device: DeviceNumber(5) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Waiting);
    assert_eq!(c.place(PATIENT).unwrap().since(), Some(at(5)));
}

#[test]
fn the_newer_tab_takes_over_and_the_older_one_is_told() {
    let mut c = in_call();
    let effects = run(&mut c, 50, Input::Arrive { participant: PATIENT, device: DeviceNumber(9) });
    assert!(effects.contains(&Effect::LeaveRoom { participant: PATIENT, device: DeviceNumber(1) }));
    assert!(effects.contains(&Effect::TakenOver { participant: PATIENT, device: DeviceNumber(1) }));
    let stale = Input::Leave { participant: PATIENT, device: DeviceNumber(1) };
    assert_eq!(c.handle(at(51), stale), Err(Refusal::StaleDevice));
    assert!(run(&mut c, 51, Input::Lose { participant: PATIENT, device: DeviceNumber(1) }).is_empty());
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted);
}

#[test]
fn a_removed_person_needs_a_new_link() {
    let mut c = in_call();
    let effects = run(&mut c, 60, Input::Remove { by: DOCTOR, participant: PATIENT });
    assert!(effects.contains(&Effect::WithdrawLink { participant: PATIENT }));
    let again = Input::Arrive { participant: PATIENT, device: DeviceNumber(4) };
    assert_eq!(c.handle(at(61), again), Err(Refusal::Removed));
    run(&mut c, 70, Input::Invite { participant: PATIENT });
    run(&mut c, 71, again);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Testing);
}

#[test]
fn a_restart_puts_everybody_back_from_the_journal() {
    let mut c = Consultation::new(&appointment());
    let mut journal = Vec::new();
    let mut keep = |c: &mut Consultation, second, input| {
        journal.extend(run(c, second, input).into_iter().filter_map(|effect| match effect {
            Effect::Moved(line) => Some(line),
            _ => None,
        }));
    };
    keep(&mut c, 0, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    keep(&mut c, 5, Input::Ready { participant: PATIENT, device: DeviceNumber(1), check: WORKS });
    keep(&mut c, 6, Input::Arrive { participant: DOCTOR, device: DeviceNumber(2) });
    keep(&mut c, 7, Input::Enter { participant: DOCTOR, device: DeviceNumber(2) });
    let (mut again, effects) = Consultation::resume(&appointment(), &journal, at(100));
    assert!(effects.into_iter().all(|effect| effect == Effect::WakeAt(at(160))));
    run(&mut again, 110, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    assert_eq!(kind(&again, PATIENT), PlaceKind::Waiting);
    assert_eq!(again.place(PATIENT).unwrap().since(), Some(at(5)));
    run(&mut again, 110, Input::Arrive { participant: DOCTOR, device: DeviceNumber(2) });
    assert_eq!(kind(&again, DOCTOR), PlaceKind::Admitted);
}

#[test]
fn a_booking_is_checked_before_it_becomes_an_appointment() {
    let book = |change: &dyn Fn(&mut Booking)| {
        let mut wanted = booking();
        change(&mut wanted);
        Appointment::book(AppointmentId::new(Uuid::from_u128(1)), wanted, STAFF, at(-3600)).err()
    };
    assert_eq!(book(&|_| {}), None);
    assert_eq!(book(&|b| b.starts_at = at(-4000)), Some(BookError::InThePast));
    assert_eq!(book(&|b| b.ends_at = b.starts_at), Some(BookError::EndsBeforeItStarts));
    assert_eq!(book(&|b| b.ends_at = at(8 * 3600 + 1)), Some(BookError::TooLong));
    assert_eq!(book(&|b| b.starts_at = at(800 * 86400)), Some(BookError::TooFarAhead));
    assert_eq!(book(&|b| drop(b.participants.remove(0))), Some(BookError::NotOnePatient));
    assert_eq!(book(&|b| drop(b.participants.pop())), Some(BookError::NoPractitioner));
    assert_eq!(book(&|b| b.participants[1].name = "  ".into()), Some(BookError::NameMissing));
    assert_eq!(book(&|b| b.service.clear()), Some(BookError::ServiceMissing));
    let twice = |b: &mut Booking| b.participants.push(person(STRANGER, Part::Practitioner(STAFF)));
    assert_eq!(book(&twice), Some(BookError::PractitionerTwice));
}

#[test]
fn a_link_opens_the_door_only_around_its_own_appointment() {
    let door = DoorPolicy::default();
    let mut visit = appointment();
    let link = Link {
        id: LinkId::new(Uuid::from_u128(5)),
        appointment: visit.id,
        participant: PATIENT,
        digest: LinkDigest([0; 32]),
        issued_at: at(-3600),
        expires_at: door.expires_at(&visit),
        revoked_at: None,
    };
    assert_eq!(door.check(&link, &visit, at(0)), Ok(()));
    assert_eq!(door.check(&link, &visit, at(-901)), Err(DoorClosed::TooEarly { opens_at: at(-900) }));
    assert_eq!(door.check(&link, &visit, at(-900)), Ok(()));
    assert_eq!(door.check(&link, &visit, link.expires_at), Err(DoorClosed::Expired));
    let revoked = Link { revoked_at: Some(at(-1)), ..link.clone() };
    assert_eq!(door.check(&revoked, &visit, at(0)), Err(DoorClosed::Revoked));
    let foreign = Link { participant: STRANGER, ..link.clone() };
    assert_eq!(door.check(&foreign, &visit, at(0)), Err(DoorClosed::Unknown));
    visit.status = visit.status.cancel(at(-10), STAFF).unwrap();
    assert_eq!(door.check(&link, &visit, at(0)), Err(DoorClosed::Cancelled));
}

#[test]
fn statuses_move_only_forward() {
    let over = AppointmentStatus::Booked.fulfil(at(1), Outcome::Completed).unwrap();
    assert_eq!(over.arrive(at(2)), Err(WrongStatus));
    assert_eq!(over.cancel(at(2), STAFF), Err(WrongStatus));
    assert_eq!(AppointmentStatus::Arrived { at: at(1) }.cancel(at(2), STAFF), Err(WrongStatus));
    let arrived = AppointmentStatus::Booked.arrive(at(1)).unwrap();
    assert_eq!(arrived.arrive(at(9)), Ok(arrived), "the first arrival counts");
}

#[test]
fn a_guest_who_waits_may_do_nothing_in_the_room() {
    let visit = appointment();
    let guest = Actor::Guest { participant: PATIENT, role: Role::Patient };
    for verb in Verb::ALL {
        for place in PlaceKind::ALL.into_iter().filter(|place| *place != PlaceKind::InCall) {
            let object = Object::Consultation { appointment: &visit, place };
            assert_eq!(authorize(&guest, verb, &object), Err(NotAllowed), "{verb:?} while {place:?}");
        }
    }
}

#[test]
fn a_doctor_reaches_only_appointments_they_are_booked_in() {
    let visit = appointment();
    let other = PractitionerId::new(Uuid::from_u128(77));
    for roles in
        [vec![StaffRole::Doctor], vec![StaffRole::Radiologist], vec![StaffRole::Administrator], vec![]]
    {
        let actor = Actor::Staff { practitioner: other, roles };
        for verb in Verb::ALL {
            assert_eq!(authorize(&actor, verb, &Object::Appointment(&visit)), Err(NotAllowed), "{verb:?}");
        }
    }
    let secretary = Actor::Staff { practitioner: other, roles: vec![StaffRole::Secretary] };
    assert_eq!(authorize(&secretary, Verb::IssueLink, &Object::Appointment(&visit)), Ok(()));
    for verb in [Verb::ListStudies, Verb::AddStudies, Verb::Attend] {
        assert_eq!(authorize(&secretary, verb, &Object::Appointment(&visit)), Err(NotAllowed), "{verb:?}");
    }
}

fn any_input() -> impl Strategy<Value = Input> {
    let who = || prop::sample::select(vec![PATIENT, RELATIVE, DOCTOR, STRANGER]);
    let device = || (0_u64..5).prop_map(DeviceNumber);
    prop_oneof![
        (who(), device()).prop_map(|(participant, device)| Input::Arrive { participant, device }),
        (who(), device()).prop_map(|(participant, device)| Input::Ready {
            participant,
            device,
            check: WORKS
        }),
        (who(), device()).prop_map(|(participant, device)| Input::Enter { participant, device }),
        (who(), who()).prop_map(|(by, participant)| Input::Admit { by, participant }),
        (who(), who()).prop_map(|(by, participant)| Input::PutBack { by, participant }),
        (who(), who()).prop_map(|(by, participant)| Input::Remove { by, participant }),
        (who(), device()).prop_map(|(participant, device)| Input::Leave { participant, device }),
        (who(), device()).prop_map(|(participant, device)| Input::Lose { participant, device }),
        who().prop_map(|participant| Input::Invite { participant }),
        Just(Input::Wake),
    ]
}

proptest! {
    /// Whatever comes in whatever order, a guest is in the room only after a doctor who was there admitted them, the room
    /// opens only for those in the call, and it closes for whoever leaves.
    #[test]
    fn nobody_gets_into_the_room_past_the_staff(inputs in prop::collection::vec((any_input(), 0_i64..90), 1..120)) {
        let mut c = Consultation::new(&appointment());
        let mut second = 0;
        let mut admitted = std::collections::BTreeSet::new();
        let mut room = std::collections::BTreeMap::new();
        for (input, pause) in inputs {
            second += pause;
            let before: Vec<_> = c.places().map(|(id, _, place)| (id, *place)).collect();
            match c.handle(at(second), input) {
                Err(_) => {
                    let after: Vec<_> = c.places().map(|(id, _, place)| (id, *place)).collect();
                    prop_assert_eq!(before, after, "a refused input changes nothing");
                }
                Ok(effects) => for effect in effects {
                    match effect {
                        Effect::Moved(Move { participant, to: PlaceKind::Admitted, by: Some(by), .. }) => {
                            prop_assert_eq!(by, DOCTOR);
                            admitted.insert(participant);
                        }
                        Effect::Moved(Move { participant, to, .. }) => {
                            if matches!(to, PlaceKind::Left | PlaceKind::Removed | PlaceKind::Invited | PlaceKind::Testing | PlaceKind::Waiting) {
                                admitted.remove(&participant);
                            }
                        }
                        Effect::EnterRoom { participant, device } => {
                            prop_assert!(participant == DOCTOR || admitted.contains(&participant));
                            prop_assert_eq!(room.insert(participant, device), None);
                        }
                        Effect::LeaveRoom { participant, device } => {
                            prop_assert_eq!(room.remove(&participant), Some(device));
                        }
                        _ => {}
                    }
                }
            }
            for (id, _, place) in c.places() {
                prop_assert_eq!(place.kind() == PlaceKind::InCall, room.contains_key(&id));
            }
        }
    }
}
