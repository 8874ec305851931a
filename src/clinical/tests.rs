use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

mod drop_in;
mod entry;
mod lent;
mod protection;
mod waiting;

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

fn staff(practitioner: PractitionerId, roles: &[StaffRole]) -> Actor {
    Actor::Staff { practitioner, roles: roles.to_vec(), places: Workplaces::default(), lent: Lent::default() }
}

fn booking() -> Booking {
    Booking {
        starts_at: at(0),
        ends_at: at(1800),
        service: "Cardiologie".into(),
        service_id: None,
        participants: vec![
            person(PATIENT, Part::Guest(GuestRole::Patient)),
            person(RELATIVE, Part::Guest(GuestRole::Relative)),
            person(DOCTOR, Part::Practitioner(STAFF)),
        ],
        note: "".into(),
    }
}

pub(super) fn appointment() -> Appointment {
    Appointment::book(AppointmentId::new(Uuid::from_u128(100)), booking(), STAFF, at(-3600)).unwrap()
}

/// Both guests have agreed to what is told where a service says nothing else.
fn agreed() -> EntryFacts {
    let answers = [PATIENT, RELATIVE].map(|guest| answer(guest, ConsentAnswer::Given, 0));
    EntryFacts::new(EntryRules::default(), Assurances::new(), Vec::new(), answers.to_vec())
}

fn answer(participant: ParticipantId, answer: ConsentAnswer, version: u32) -> Consent {
    Consent { participant, answer, version, language: Language::French, at: at(-60) }
}

fn run(consultation: &mut Consultation, second: i64, input: Input) -> Vec<Effect> {
    consultation.handle(at(second), input).unwrap().into_iter().collect()
}

fn kind(consultation: &Consultation, participant: ParticipantId) -> PlaceKind {
    consultation.place(participant).unwrap().kind()
}

/// Patient in the waiting room, doctor in the call.
fn waiting() -> Consultation {
    let mut c = Consultation::new(&appointment(), agreed());
    run(&mut c, 0, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    run(&mut c, 5, Input::Ready { participant: PATIENT, device: DeviceNumber(1), check: WORKS });
    run(&mut c, 10, Input::Arrive { participant: DOCTOR, device: DeviceNumber(2) });
    run(&mut c, 11, Input::Enter { participant: DOCTOR, device: DeviceNumber(2) });
    c
}

fn in_call() -> Consultation {
    let mut c = waiting();
    run(&mut c, 20, Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true });
    run(&mut c, 21, Input::Enter { participant: PATIENT, device: DeviceNumber(1) });
    c
}

#[test]
fn a_visit_runs_from_the_link_to_the_outcome() {
    let mut c = waiting();
    assert_eq!(c.place(PATIENT).unwrap().since(), Some(at(5)));
    assert_eq!(c.place(PATIENT).unwrap().check(), Some(WORKS));
    let effects = run(&mut c, 20, Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true });
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
    assert_eq!(
        c.handle(at(12), Input::Admit { by: PATIENT, participant: PATIENT, is_recognised: true }),
        Err(Refusal::NotStaff)
    );
    assert_eq!(kind(&c, PATIENT), PlaceKind::Waiting);
}

#[test]
fn staff_who_are_not_there_admit_nobody() {
    let mut c = Consultation::new(&appointment(), agreed());
    run(&mut c, 0, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    run(&mut c, 1, Input::Ready { participant: PATIENT, device: DeviceNumber(1), check: WORKS });
    assert_eq!(
        c.handle(at(2), Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true }),
        Err(Refusal::NotStaff)
    );
    let stranger = Input::Admit { by: STRANGER, participant: PATIENT, is_recognised: true };
    assert_eq!(c.handle(at(2), stranger), Err(Refusal::UnknownParticipant));
}

#[test]
fn whoever_is_signed_out_leaves_at_once_also_while_their_connection_is_lost() {
    let signed_out = |device| Input::SignedOut { participant: DOCTOR, device: DeviceNumber(device) };
    let left = Effect::LeaveRoom { participant: DOCTOR, device: DeviceNumber(2) };
    let mut c = in_call();
    assert!(run(&mut c, 100, signed_out(9)).is_empty(), "an older device says nothing about the person");
    assert!(run(&mut c, 100, signed_out(2)).contains(&left));
    assert_eq!(kind(&c, DOCTOR), PlaceKind::Left);
    assert!(run(&mut c, 101, signed_out(2)).is_empty(), "once");
    assert_eq!(kind(&c, PATIENT), PlaceKind::InCall, "nobody else is touched");
    let mut c = in_call();
    run(&mut c, 100, Input::Lose { participant: DOCTOR, device: DeviceNumber(2) });
    assert!(run(&mut c, 101, signed_out(9)).is_empty());
    assert!(run(&mut c, 102, signed_out(2)).contains(&left));
    assert_eq!(kind(&c, DOCTOR), PlaceKind::Left);
    run(&mut c, 900, Input::Arrive { participant: DOCTOR, device: DeviceNumber(3) });
    run(&mut c, 901, Input::End { by: DOCTOR, outcome: Outcome::Completed });
    assert!(run(&mut c, 902, signed_out(3)).is_empty());
}

#[test]
fn a_lost_place_is_kept_for_a_minute() {
    let mut c = in_call();
    let effects = run(&mut c, 100, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    assert!(effects.contains(&Effect::SignalLost { participant: PATIENT, device: DeviceNumber(1) }));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::LeaveRoom { .. })), "media go on");
    assert!(effects.contains(&Effect::WakeAt(at(160))));
    run(&mut c, 159, Input::Wake);
    let effects = run(&mut c, 159, Input::Arrive { participant: PATIENT, device: DeviceNumber(7) });
    assert!(effects.contains(&Effect::LeaveRoom { participant: PATIENT, device: DeviceNumber(1) }));
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted, "back without a second admission");
    run(&mut c, 160, Input::Enter { participant: PATIENT, device: DeviceNumber(7) });
    run(&mut c, 200, Input::Lose { participant: PATIENT, device: DeviceNumber(7) });
    let effects = run(&mut c, 260, Input::Wake);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Left);
    assert!(effects.contains(&Effect::LeaveRoom { participant: PATIENT, device: DeviceNumber(7) }));
    run(&mut c, 261, Input::Arrive { participant: PATIENT, device: DeviceNumber(8) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted, "as somebody who left the call when it broke");
    run(&mut c, 262, Input::Enter { participant: PATIENT, device: DeviceNumber(8) });
    run(&mut c, 300, Input::Lose { participant: PATIENT, device: DeviceNumber(8) });
    run(&mut c, 600, Input::Arrive { participant: PATIENT, device: DeviceNumber(9) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Testing, "five minutes are over");
}

#[test]
fn a_device_that_resumes_takes_its_own_place_and_nobody_admits_it_again() {
    let mut c = in_call();
    let back = Input::Resume { participant: PATIENT, device: DeviceNumber(1) };
    run(&mut c, 100, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    let effects = run(&mut c, 159, back);
    assert_eq!(kind(&c, PATIENT), PlaceKind::InCall);
    assert_eq!(effects.last(), Some(&Effect::SignalBack { participant: PATIENT, device: DeviceNumber(1) }));
    assert!(effects.iter().all(|e| !matches!(e, Effect::EnterRoom { .. } | Effect::LeaveRoom { .. })));
    // The server had not noticed that the device was away.
    let effects = run(&mut c, 160, back);
    assert_eq!(effects, [Effect::SignalBack { participant: PATIENT, device: DeviceNumber(1) }]);
    // Not past the grace, though nobody has woken the machine.
    run(&mut c, 200, Input::Lose { participant: PATIENT, device: DeviceNumber(1) });
    assert_eq!(c.handle(at(260), back), Err(Refusal::StaleDevice));
    run(&mut c, 260, Input::Arrive { participant: PATIENT, device: DeviceNumber(4) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted, "as somebody who went and comes again");
    assert_eq!(c.handle(at(261), back), Err(Refusal::StaleDevice));
}

#[test]
fn a_device_does_not_resume_past_another_device_or_past_the_staff() {
    let mut c = in_call();
    let back = Input::Resume { participant: PATIENT, device: DeviceNumber(1) };
    run(&mut c, 100, Input::Arrive { participant: PATIENT, device: DeviceNumber(6) });
    assert_eq!(c.handle(at(101), back), Err(Refusal::StaleDevice), "a newer device has the place");
    run(&mut c, 102, Input::Enter { participant: PATIENT, device: DeviceNumber(6) });
    run(&mut c, 103, Input::PutBack { by: DOCTOR, participant: PATIENT });
    run(&mut c, 104, Input::Lose { participant: PATIENT, device: DeviceNumber(6) });
    run(&mut c, 105, Input::Resume { participant: PATIENT, device: DeviceNumber(6) });
    assert_eq!(kind(&c, PATIENT), PlaceKind::Waiting, "put back stays put back");
    run(&mut c, 106, Input::Remove { by: DOCTOR, participant: PATIENT });
    let back = Input::Resume { participant: PATIENT, device: DeviceNumber(6) };
    assert_eq!(c.handle(at(107), back), Err(Refusal::Removed));
    let stranger = Input::Resume { participant: STRANGER, device: DeviceNumber(6) };
    assert_eq!(c.handle(at(107), stranger), Err(Refusal::UnknownParticipant));
}

#[test]
fn while_it_is_locked_nobody_new_comes_in_and_who_is_in_comes_back() {
    let mut c = in_call();
    run(&mut c, 30, Input::Arrive { participant: RELATIVE, device: DeviceNumber(3) });
    run(&mut c, 31, Input::Ready { participant: RELATIVE, device: DeviceNumber(3), check: WORKS });
    assert_eq!(c.handle(at(32), Input::Lock { by: PATIENT, is_locked: true }), Err(Refusal::NotStaff));
    let lock = Input::Lock { by: DOCTOR, is_locked: true };
    assert_eq!(run(&mut c, 33, lock), [Effect::Locked { is_locked: true }]);
    assert_eq!(run(&mut c, 33, lock), [], "it is so already");
    let admit = Input::Admit { by: DOCTOR, participant: RELATIVE, is_recognised: true };
    assert_eq!(c.handle(at(34), admit), Err(Refusal::Locked));
    // Back on another device, and on the same.
    run(&mut c, 35, Input::Arrive { participant: PATIENT, device: DeviceNumber(7) });
    run(&mut c, 36, Input::Enter { participant: PATIENT, device: DeviceNumber(7) });
    run(&mut c, 37, Input::Lose { participant: PATIENT, device: DeviceNumber(7) });
    run(&mut c, 38, Input::Arrive { participant: PATIENT, device: DeviceNumber(8) });
    run(&mut c, 39, Input::Enter { participant: PATIENT, device: DeviceNumber(8) });
    // Staff who left knock like others, and hold the key.
    run(&mut c, 40, Input::Leave { participant: DOCTOR, device: DeviceNumber(2) });
    run(&mut c, 41, Input::Arrive { participant: DOCTOR, device: DeviceNumber(9) });
    let enter = Input::Enter { participant: DOCTOR, device: DeviceNumber(9) };
    assert_eq!(c.handle(at(42), enter), Err(Refusal::Locked));
    run(&mut c, 43, Input::Lock { by: DOCTOR, is_locked: false });
    run(&mut c, 44, enter);
    run(&mut c, 45, admit);
    // Admitted before the lock and not in yet: new.
    run(&mut c, 46, lock);
    let enter = Input::Enter { participant: RELATIVE, device: DeviceNumber(3) };
    assert_eq!(c.handle(at(47), enter), Err(Refusal::Locked));
}

#[test]
fn staff_turn_the_visit_into_a_telephone_call_and_back() {
    let mut c = in_call();
    let by = |by, reason| Input::Telephone { by, reason };
    let refused = c.handle(at(50), by(PATIENT, Some(TelephoneReason::NoSound)));
    assert_eq!(refused, Err(Refusal::NotStaff));
    let began = Telephone { since: at(51), reason: TelephoneReason::Network, by: DOCTOR };
    let effects = run(&mut c, 51, by(DOCTOR, Some(TelephoneReason::Network)));
    assert_eq!(effects, [Effect::TelephoneBegan(began)]);
    assert_eq!(run(&mut c, 52, by(DOCTOR, Some(TelephoneReason::Other))), [], "the first word counts");
    assert_eq!(c.telephone(), Some(began));
    let effects = run(&mut c, 60, by(DOCTOR, None));
    assert_eq!(effects, [Effect::TelephoneEnded { telephone: began, until: at(60) }]);
    assert_eq!(run(&mut c, 61, by(DOCTOR, None)), []);
    run(&mut c, 62, by(DOCTOR, Some(TelephoneReason::Device)));
    let effects = run(&mut c, 900, Input::End { by: DOCTOR, outcome: Outcome::ByTelephone });
    assert!(effects.iter().any(|e| matches!(e, Effect::TelephoneEnded { until, .. } if *until == at(900))));
}

#[test]
fn staff_ask_only_devices_in_the_call() {
    let mut c = waiting();
    assert_eq!(c.device_in_call(DOCTOR, PATIENT), Err(Refusal::NotInCall));
    run(&mut c, 20, Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true });
    run(&mut c, 21, Input::Enter { participant: PATIENT, device: DeviceNumber(1) });
    assert_eq!(c.device_in_call(DOCTOR, PATIENT), Ok(DeviceNumber(1)));
    assert_eq!(c.device_in_call(PATIENT, DOCTOR), Err(Refusal::NotStaff));
    assert_eq!(c.device_in_call(DOCTOR, STRANGER), Err(Refusal::UnknownParticipant));
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
fn whoever_pressed_quit_comes_back_within_five_minutes_without_being_admitted_again() {
    let leave = Input::Leave { participant: PATIENT, device: DeviceNumber(1) };
    let again = Input::Arrive { participant: PATIENT, device: DeviceNumber(4) };
    let enter = Input::Enter { participant: PATIENT, device: DeviceNumber(4) };
    let mut c = in_call();
    run(&mut c, 100, leave);
    run(&mut c, 399, again);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted);
    assert!(run(&mut c, 399, enter).iter().any(|effect| matches!(effect, Effect::EnterRoom { .. })));
    let mut c = in_call();
    run(&mut c, 100, leave);
    run(&mut c, 400, again);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Testing, "five minutes are over");
    // Who left before they were in, or was put back, comes from the start.
    let mut c = waiting();
    run(&mut c, 20, Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true });
    run(&mut c, 21, leave);
    run(&mut c, 22, again);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Testing);
    let mut c = in_call();
    run(&mut c, 90, Input::PutBack { by: DOCTOR, participant: PATIENT });
    run(&mut c, 100, leave);
    run(&mut c, 101, again);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Testing);
    // Staff may say no, as long as it would be a yes.
    let mut c = in_call();
    run(&mut c, 100, leave);
    run(&mut c, 101, Input::Remove { by: DOCTOR, participant: PATIENT });
    assert_eq!(c.handle(at(102), again), Err(Refusal::Removed));
    let mut c = in_call();
    run(&mut c, 100, leave);
    assert_eq!(
        c.handle(at(400), Input::Remove { by: DOCTOR, participant: PATIENT }),
        Err(Refusal::NotInCall)
    );
}

#[test]
fn a_consultation_that_is_opened_again_takes_back_who_was_in_the_call() {
    let mut c = in_call();
    run(&mut c, 30, Input::Arrive { participant: RELATIVE, device: DeviceNumber(3) });
    run(&mut c, 31, Input::Ready { participant: RELATIVE, device: DeviceNumber(3), check: WORKS });
    run(&mut c, 100, Input::End { by: DOCTOR, outcome: Outcome::Completed });
    let again = Input::Arrive { participant: PATIENT, device: DeviceNumber(4) };
    assert_eq!(c.handle(at(101), again), Err(Refusal::Over));
    c.reopen();
    run(&mut c, 160, again);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted);
    run(&mut c, 161, Input::Arrive { participant: RELATIVE, device: DeviceNumber(5) });
    assert_eq!(kind(&c, RELATIVE), PlaceKind::Testing, "had not been let in");
    run(&mut c, 162, Input::Arrive { participant: DOCTOR, device: DeviceNumber(6) });
    assert_eq!(kind(&c, DOCTOR), PlaceKind::Testing);
    let effects = run(&mut c, 163, Input::Enter { participant: DOCTOR, device: DeviceNumber(6) });
    assert!(effects.contains(&Effect::EnterRoom { participant: DOCTOR, device: DeviceNumber(6) }));
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
    let mut c = Consultation::new(&appointment(), agreed());
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
    let seen = Remains { seen_at: Some(at(95)), ..Remains::default() };
    let (mut again, effects) = Consultation::resume(&appointment(), agreed(), &journal, seen, at(100));
    let effects: Vec<_> = effects.into_iter().collect();
    let away = Move { participant: PATIENT, to: PlaceKind::Lost, at: at(100), by: None, check: Some(WORKS) };
    assert_eq!(effects, [Effect::Moved(away), Effect::WakeAt(at(1000)), Effect::WakeAt(at(155))]);
    run(&mut again, 110, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    assert_eq!(kind(&again, PATIENT), PlaceKind::Waiting);
    assert_eq!(again.place(PATIENT).unwrap().since(), Some(at(5)));
    run(&mut again, 110, Input::Arrive { participant: DOCTOR, device: DeviceNumber(2) });
    assert_eq!(kind(&again, DOCTOR), PlaceKind::Admitted);
}

#[test]
fn after_a_restart_an_admission_is_good_for_a_minute_after_it_was_last_known_to_hold() {
    let line = |second, to| Move { participant: PATIENT, to, at: at(second), by: None, check: None };
    let came = [line(0, PlaceKind::Testing), line(5, PlaceKind::Waiting), line(20, PlaceKind::Admitted)];
    let in_call = [&came[..], &[line(21, PlaceKind::InCall)]].concat();
    let lost = [&in_call[..], &[line(600, PlaceKind::Lost)]].concat();
    let left = [&in_call[..], &[line(600, PlaceKind::Left)]].concat();
    let never_in = [&came[..], &[line(600, PlaceKind::Left)]].concat();
    let waiting_lost = [&came[..2], &[line(600, PlaceKind::Lost)]].concat();
    let testing_lost = [&came[..1], &[line(600, PlaceKind::Lost)]].concat();
    for (journal, seen, now, expected, why) in [
        (&in_call, Some(600), 659, PlaceKind::Admitted, "was in the call 59 s ago"),
        (&in_call, Some(600), 660, PlaceKind::Testing, "a minute is over"),
        (&in_call, None, 80, PlaceKind::Admitted, "entered 59 s ago"),
        (&in_call, None, 600, PlaceKind::Testing, "nobody knows that they were there since"),
        (&in_call, Some(600), 86_400, PlaceKind::Testing, "yesterday's call admits nobody today"),
        (&in_call, Some(9000), 600, PlaceKind::Admitted, "the clock was set back"),
        (&lost, Some(650), 659, PlaceKind::Admitted, "lost 59 s ago"),
        (&lost, Some(650), 661, PlaceKind::Testing, "others were seen, not they"),
        (&left, Some(600), 899, PlaceKind::Admitted, "went less than five minutes ago"),
        (&left, Some(600), 900, PlaceKind::Testing, "said good-bye"),
        (&never_in, Some(600), 601, PlaceKind::Testing, "had never been in the call"),
        (&waiting_lost, Some(600), 601, PlaceKind::Waiting, "nobody had admitted them"),
        (&testing_lost, Some(600), 601, PlaceKind::Testing, "nor asked to be let in"),
    ] {
        let remains = Remains { seen_at: seen.map(at), ..Remains::default() };
        let (mut again, _) = Consultation::resume(&appointment(), agreed(), journal, remains, at(now));
        run(&mut again, now, Input::Arrive { participant: PATIENT, device: DeviceNumber(50) });
        assert_eq!(kind(&again, PATIENT), expected, "{why}");
    }
}

#[test]
fn a_lock_and_a_telephone_call_outlive_a_restart() {
    let telephone = Telephone { since: at(50), reason: TelephoneReason::NoVideo, by: DOCTOR };
    let remains = Remains { seen_at: Some(at(90)), is_locked: true, telephone: Some(telephone) };
    let line = |participant, to, second| Move { participant, to, at: at(second), by: None, check: None };
    let journal = [
        line(DOCTOR, PlaceKind::InCall, 10),
        line(PATIENT, PlaceKind::InCall, 21),
        line(RELATIVE, PlaceKind::Admitted, 85),
    ];
    let (mut c, _) = Consultation::resume(&appointment(), agreed(), &journal, remains, at(100));
    assert!(c.is_locked() && c.telephone() == Some(telephone));
    for (participant, may_enter) in [(PATIENT, true), (DOCTOR, true), (RELATIVE, false)] {
        let device = DeviceNumber(60);
        run(&mut c, 101, Input::Arrive { participant, device });
        let entered = c.handle(at(102), Input::Enter { participant, device });
        assert_eq!(entered.is_ok(), may_enter, "{participant:?}: {entered:?}");
    }
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
        let actor = staff(other, &roles);
        for verb in Verb::ALL {
            assert_eq!(authorize(&actor, verb, &Object::Appointment(&visit)), Err(NotAllowed), "{verb:?}");
        }
    }
    let secretary = staff(other, &[StaffRole::Secretary]);
    assert_eq!(authorize(&secretary, Verb::IssueLink, &Object::Appointment(&visit)), Ok(()));
    for verb in [Verb::ListStudies, Verb::AddStudies, Verb::Attend] {
        assert_eq!(authorize(&secretary, verb, &Object::Appointment(&visit)), Err(NotAllowed), "{verb:?}");
    }
}

#[test]
fn whoever_joins_has_a_seat_once_and_not_while_it_is_locked() {
    let mut c = in_call();
    let arrive = Input::Arrive { participant: STRANGER, device: DeviceNumber(7) };
    assert_eq!(c.handle(at(30), arrive), Err(Refusal::UnknownParticipant));
    run(&mut c, 31, Input::Lock { by: DOCTOR, is_locked: true });
    let join = Input::Join { participant: STRANGER };
    assert_eq!(c.handle(at(32), join), Err(Refusal::Locked));
    run(&mut c, 33, Input::Lock { by: DOCTOR, is_locked: false });
    assert_eq!(run(&mut c, 34, join), [Effect::Joined { participant: STRANGER }]);
    assert_eq!(kind(&c, STRANGER), PlaceKind::Invited);
    run(&mut c, 35, arrive);
    let effects = run(&mut c, 36, Input::Enter { participant: STRANGER, device: DeviceNumber(7) });
    assert!(effects.contains(&Effect::EnterRoom { participant: STRANGER, device: DeviceNumber(7) }));
    assert_eq!(run(&mut c, 37, join), [], "the seat is theirs already");
    assert_eq!(kind(&c, STRANGER), PlaceKind::InCall);
    run(&mut c, 40, Input::End { by: STRANGER, outcome: Outcome::Completed });
    assert_eq!(c.handle(at(41), join), Err(Refusal::Over));
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
        (who(), who(), any::<bool>()).prop_map(|(by, participant, is_recognised)| Input::Admit {
            by,
            participant,
            is_recognised
        }),
        (who(), who()).prop_map(|(by, participant)| Input::PutBack { by, participant }),
        (who(), who()).prop_map(|(by, participant)| Input::Remove { by, participant }),
        (who(), device()).prop_map(|(participant, device)| Input::Leave { participant, device }),
        (who(), device()).prop_map(|(participant, device)| Input::Lose { participant, device }),
        (who(), device()).prop_map(|(participant, device)| Input::SignedOut { participant, device }),
        (who(), device()).prop_map(|(participant, device)| Input::Resume { participant, device }),
        (who(), any::<bool>()).prop_map(|(by, is_locked)| Input::Lock { by, is_locked }),
        (who(), any::<bool>()).prop_map(|(by, is_on)| Input::Telephone {
            by,
            reason: is_on.then_some(TelephoneReason::Network)
        }),
        who().prop_map(|participant| Input::Invite { participant }),
        Just(Input::Wake),
    ]
}

proptest! {
    /// Whatever comes in whatever order, a guest is in the room only after a doctor who was there admitted them, the room
    /// opens only for those in the call, and it closes for whoever leaves. While it is locked nobody is admitted, and only those
    /// come in who were in, until five minutes after they went.
    #[test]
    fn nobody_gets_into_the_room_past_the_staff(inputs in prop::collection::vec((any_input(), 0_i64..90), 1..120)) {
        let mut c = Consultation::new(&appointment(), agreed());
        let mut second = 0;
        let mut admitted = std::collections::BTreeSet::new();
        let mut room = std::collections::BTreeMap::new();
        let mut been_in = std::collections::BTreeSet::new();
        let mut left = std::collections::BTreeMap::new();
        for (input, pause) in inputs {
            second += pause;
            let before: Vec<_> = c.places().map(|(id, _, place)| (id, *place)).collect();
            let was_locked = c.is_locked();
            match c.handle(at(second), input) {
                Err(_) => {
                    let after: Vec<_> = c.places().map(|(id, _, place)| (id, *place)).collect();
                    prop_assert_eq!(before, after, "a refused input changes nothing");
                }
                Ok(effects) => for effect in effects {
                    match effect {
                        Effect::Moved(Move { participant, to: PlaceKind::Admitted, by: Some(by), .. }) => {
                            prop_assert_eq!(by, DOCTOR);
                            prop_assert!(!was_locked, "admitted past the lock");
                            admitted.insert(participant);
                        }
                        Effect::Moved(Move { participant, to: PlaceKind::Left, at: since, .. }) => {
                            // Who was in the call may come back for five minutes; nobody else.
                            if been_in.contains(&participant) && participant != DOCTOR {
                                left.insert(participant, since);
                            } else {
                                admitted.remove(&participant);
                            }
                            been_in.remove(&participant);
                        }
                        Effect::Moved(Move { participant, to: PlaceKind::Admitted, by: None, at: now, .. }) => {
                            if let Some(since) = left.remove(&participant) {
                                prop_assert!(now - since < REJOIN, "came back too late");
                                been_in.insert(participant);
                            }
                        }
                        Effect::Moved(Move { participant, to, .. }) => {
                            if matches!(to, PlaceKind::Removed | PlaceKind::Invited | PlaceKind::Testing | PlaceKind::Waiting) {
                                admitted.remove(&participant);
                                been_in.remove(&participant);
                                left.remove(&participant);
                            }
                        }
                        Effect::EnterRoom { participant, device } => {
                            prop_assert!(participant == DOCTOR || admitted.contains(&participant));
                            prop_assert!(!was_locked || been_in.contains(&participant), "in past the lock");
                            been_in.insert(participant);
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
                prop_assert_eq!(place.room_device(), room.get(&id).copied());
                prop_assert!(place.kind() != PlaceKind::InCall || room.contains_key(&id));
            }
        }
    }
}
