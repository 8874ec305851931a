use std::time::{Duration, Instant};

use proptest::prelude::*;
use uuid::Uuid;

use crate::clinical::ParticipantId;
use crate::viewing::Refusal;
use crate::viewing::lease::{AT_ONCE, HandOver, HandedOver, LOST_FOR, Lease, LeaseStep, MAX_ASKING, Part};

const fn person(number: u128) -> ParticipantId {
    ParticipantId::new(Uuid::from_u128(number))
}

/// Booked first and second; dropped in; of the patient's side.
const DOCTOR: ParticipantId = person(1);
const RADIOLOGIST: ParticipantId = person(2);
const COLLEAGUE: ParticipantId = person(3);
const OTHER: ParticipantId = person(4);
const PATIENT: ParticipantId = person(5);

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn start() -> Instant {
    Instant::now()
}

/// Everybody is there; the radiologist came before the doctor. Nobody presents.
fn everybody() -> Lease {
    let mut lease = Lease::default();
    lease.came(PATIENT, Part::Guest);
    lease.came(COLLEAGUE, Part::Staff);
    lease.came(OTHER, Part::Staff);
    lease.came(RADIOLOGIST, Part::Host(1));
    lease.came(DOCTOR, Part::Host(0));
    lease
}

fn apply(lease: &mut Lease, at: Instant, by: ParticipantId, step: LeaseStep) -> Result<bool, Refusal> {
    lease.apply(at, by, step, false).map(|(is_news, _)| is_news)
}

#[test]
fn the_host_is_the_first_who_is_booked_and_there() {
    let mut lease = Lease::default();
    assert!(!lease.came(COLLEAGUE, Part::Staff));
    assert_eq!(lease.host(), None);
    assert!(lease.came(RADIOLOGIST, Part::Host(1)));
    assert!(lease.came(DOCTOR, Part::Host(0)), "who is booked first, not who comes first");
    assert_eq!(lease.host(), Some(DOCTOR));
    assert_eq!(lease.gone(start(), DOCTOR), (true, None));
    assert_eq!(lease.host(), Some(RADIOLOGIST));
}

#[test]
fn hosts_take_and_others_ask() {
    let (mut lease, t) = (everybody(), start());
    assert_eq!(apply(&mut lease, t, COLLEAGUE, LeaseStep::Take), Ok(true), "nobody presents");
    assert_eq!(apply(&mut lease, t, OTHER, LeaseStep::Take), Err(Refusal::NotPresenter));
    assert_eq!(apply(&mut lease, t, OTHER, LeaseStep::Ask(true)), Ok(true));
    assert_eq!(apply(&mut lease, t, OTHER, LeaseStep::Ask(true)), Ok(false));
    assert_eq!(apply(&mut lease, t, OTHER, LeaseStep::Give(OTHER)), Err(Refusal::NotPresenter));
    assert_eq!(lease.asking().collect::<Vec<_>>(), [OTHER]);
    assert_eq!(apply(&mut lease, t + AT_ONCE, DOCTOR, LeaseStep::Take), Ok(true));
    assert_eq!(lease.holder(), Some(DOCTOR));
    assert_eq!(
        apply(&mut lease, t + AT_ONCE, COLLEAGUE, LeaseStep::Decline(OTHER)),
        Err(Refusal::NotPresenter)
    );
    assert_eq!(apply(&mut lease, t + AT_ONCE, DOCTOR, LeaseStep::Give(OTHER)), Ok(true));
    assert_eq!((lease.holder(), lease.asking().count()), (Some(OTHER), 0));
    assert_eq!(apply(&mut lease, t + AT_ONCE, COLLEAGUE, LeaseStep::Ask(true)), Ok(true));
    assert_eq!(
        apply(&mut lease, t + AT_ONCE, RADIOLOGIST, LeaseStep::Decline(COLLEAGUE)),
        Ok(true),
        "a host"
    );
    assert_eq!(lease.asking().count(), 0);
    assert_eq!(apply(&mut lease, t + AT_ONCE, OTHER, LeaseStep::Give(PATIENT)), Err(Refusal::NotThere));
}

#[test]
fn of_two_who_take_at_once_one_does() {
    for (one, other) in
        [(DOCTOR, RADIOLOGIST), (RADIOLOGIST, DOCTOR), (COLLEAGUE, OTHER), (COLLEAGUE, DOCTOR)]
    {
        let (mut lease, t) = (everybody(), start());
        assert_eq!(apply(&mut lease, t, one, LeaseStep::Take), Ok(true));
        assert_eq!(apply(&mut lease, t, other, LeaseStep::Take), Err(Refusal::NotPresenter));
        assert_eq!(lease.holder(), Some(one));
    }
}

#[test]
fn a_guest_does_nothing_with_the_lead() {
    let (mut lease, t) = (everybody(), start());
    for step in [LeaseStep::Take, LeaseStep::Ask(true), LeaseStep::Give(PATIENT), LeaseStep::Decline(DOCTOR)]
    {
        assert_eq!(apply(&mut lease, t, PATIENT, step), Err(Refusal::NotStaff));
    }
    assert_eq!(lease.take_to_show(t, PATIENT), Err(Refusal::NotPresenter));
}

#[test]
fn who_is_lost_for_ten_seconds_presents_no_longer() {
    let (mut lease, t) = (everybody(), start());
    apply(&mut lease, t, COLLEAGUE, LeaseStep::Take).unwrap();
    assert!(lease.lost(t, COLLEAGUE) && lease.is_holder_lost());
    assert_eq!(lease.wake_at(), Some(t + LOST_FOR));
    assert_eq!(lease.wake(t + Duration::from_millis(9900)), None);
    assert_eq!(lease.holder(), Some(COLLEAGUE));
    let back = HandedOver { to: Some(DOCTOR), why: HandOver::Lost, shows_own: false };
    assert_eq!(lease.wake(t + Duration::from_secs(10)), Some(back));
    assert_eq!((lease.holder(), lease.is_holder_lost(), lease.wake_at()), (Some(DOCTOR), false, None));
    assert!(!lease.back(COLLEAGUE), "somebody else's now");
}

#[test]
fn who_is_back_in_time_goes_on() {
    let (mut lease, t) = (everybody(), start());
    apply(&mut lease, t, COLLEAGUE, LeaseStep::Take).unwrap();
    lease.lost(t, COLLEAGUE);
    assert!(!lease.lost(t + Duration::from_secs(5), COLLEAGUE), "lost since the first time");
    assert!(lease.back(COLLEAGUE));
    assert_eq!(lease.wake(t + Duration::from_secs(60)), None);
    assert_eq!(lease.holder(), Some(COLLEAGUE));
}

#[test]
fn a_lost_lead_passes_over_hosts_who_are_lost_too() {
    let t = start();
    let holder_after = |lost: &[ParticipantId]| {
        let mut lease = everybody();
        apply(&mut lease, t, DOCTOR, LeaseStep::Take).unwrap();
        for participant in lost {
            lease.lost(t, *participant);
        }
        lease.wake(t + LOST_FOR);
        lease.holder()
    };
    assert_eq!(holder_after(&[DOCTOR]), Some(RADIOLOGIST));
    assert_eq!(holder_after(&[DOCTOR, RADIOLOGIST]), None);
    assert_eq!(holder_after(&[RADIOLOGIST]), Some(DOCTOR));
}

#[test]
fn who_leaves_gives_the_lead_back() {
    let (mut lease, t) = (everybody(), start());
    apply(&mut lease, t, COLLEAGUE, LeaseStep::Take).unwrap();
    let (is_news, handed_over) = lease.gone(t, COLLEAGUE);
    assert!(is_news);
    assert_eq!(handed_over, Some(HandedOver { to: Some(DOCTOR), why: HandOver::Left, shows_own: false }));
    lease.gone(t, RADIOLOGIST);
    assert_eq!(lease.gone(t, DOCTOR).1.unwrap().to, None);
}

#[test]
fn only_so_many_ask_at_once() {
    let (mut lease, t) = (everybody(), start());
    apply(&mut lease, t, DOCTOR, LeaseStep::Take).unwrap();
    for number in 0..=MAX_ASKING {
        let one = person(100 + number as u128);
        lease.came(one, Part::Staff);
        let wanted = if number < MAX_ASKING { Ok(true) } else { Err(Refusal::TooMany) };
        assert_eq!(apply(&mut lease, t, one, LeaseStep::Ask(true)), wanted);
    }
    assert_eq!(apply(&mut lease, t, person(100), LeaseStep::Ask(false)), Ok(true));
    assert_eq!(apply(&mut lease, t, person(100), LeaseStep::Ask(false)), Ok(false));
}

#[test]
fn who_asks_out_of_an_own_view_wants_to_show_it() {
    let (mut lease, t) = (everybody(), start());
    apply(&mut lease, t, DOCTOR, LeaseStep::Take).unwrap();
    assert_eq!(lease.apply(t, COLLEAGUE, LeaseStep::Ask(true), true), Ok((true, None)));
    let (_, given) = lease.apply(t, DOCTOR, LeaseStep::Give(COLLEAGUE), false).unwrap();
    assert_eq!(given, Some(HandedOver { to: Some(COLLEAGUE), why: HandOver::Given, shows_own: true }));
    // A host does not wait for an answer.
    let (_, taken) = lease.apply(t, RADIOLOGIST, LeaseStep::Ask(true), true).unwrap();
    assert_eq!(taken, Some(HandedOver { to: Some(RADIOLOGIST), why: HandOver::Taken, shows_own: true }));
    let (_, asked) = lease.apply(t, DOCTOR, LeaseStep::Ask(true), false).unwrap();
    assert_eq!(asked, None, "but asks, when there is nothing to show");
}

#[derive(Clone, Debug)]
enum Happening {
    Came,
    Lost,
    Back,
    Gone,
    Wake,
    Step(LeaseStep),
    Show,
}

fn any_happening() -> impl Strategy<Value = (usize, u64, Happening)> {
    let whom = || (0_usize..5).prop_map(|number| PEOPLE[number].0);
    let what = prop_oneof![
        2 => Just(Happening::Came),
        2 => Just(Happening::Lost),
        2 => Just(Happening::Back),
        1 => Just(Happening::Gone),
        2 => Just(Happening::Wake),
        2 => Just(Happening::Step(LeaseStep::Take)),
        2 => any::<bool>().prop_map(|is_asking| Happening::Step(LeaseStep::Ask(is_asking))),
        2 => whom().prop_map(|to| Happening::Step(LeaseStep::Give(to))),
        1 => whom().prop_map(|to| Happening::Step(LeaseStep::Decline(to))),
        1 => Just(Happening::Show),
    ];
    (0_usize..5, 0_u64..6000, what)
}

const PEOPLE: [(ParticipantId, Part); 5] = [
    (DOCTOR, Part::Host(0)),
    (RADIOLOGIST, Part::Host(1)),
    (COLLEAGUE, Part::Staff),
    (OTHER, Part::Staff),
    (PATIENT, Part::Guest),
];

proptest! {
    /// In any order: the one who presents is a member of staff in the call, is not lost for longer than is borne, and does not ask; what is
    /// answered to be no news is none; a refusal changes nothing.
    #[test]
    fn one_person_of_staff_presents_at_most(happenings in prop::collection::vec(any_happening(), 0..80)) {
        let (mut lease, mut now) = (Lease::default(), start());
        let told = |lease: &Lease| {
            (lease.holder(), lease.is_holder_lost(), lease.hosts().collect::<Vec<_>>(), lease.asking().collect::<Vec<_>>())
        };
        for (who, ms, what) in happenings {
            now += Duration::from_millis(ms);
            let (by, part) = PEOPLE[who];
            let before = told(&lease);
            let (is_news, handed_over) = match what {
                Happening::Came => (lease.came(by, part), None),
                Happening::Lost => (lease.lost(now, by), None),
                Happening::Back => (lease.back(by), None),
                Happening::Gone => lease.gone(now, by),
                Happening::Wake => {
                    let handed_over = lease.wake(now);
                    prop_assert!(lease.wake_at().is_none_or(|at| at > now));
                    (handed_over.is_some(), handed_over)
                }
                Happening::Step(step) => lease.apply(now, by, step, false).unwrap_or_default(),
                Happening::Show => {
                    let handed_over = lease.take_to_show(now, by).unwrap_or_default();
                    (handed_over.is_some(), handed_over)
                }
            };
            prop_assert_eq!(is_news, before != told(&lease));
            prop_assert_eq!(handed_over.map_or(before.0, |handed_over| handed_over.to), lease.holder());
            if let Some(holder) = lease.holder() {
                prop_assert!(lease.is_staff(holder) && holder != PATIENT);
                prop_assert!(lease.asking().all(|asking| asking != holder));
            }
            prop_assert!(lease.asking().all(|asking| lease.is_staff(asking)));
            prop_assert_eq!(lease.is_holder_lost(), lease.wake_at().is_some());
        }
    }
}
