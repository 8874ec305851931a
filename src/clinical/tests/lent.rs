use super::*;

const OTHER: PractitionerId = PractitionerId::new(Uuid::from_u128(77));
/// What is read of an appointment, and of what it holds.
const READING: [Verb; 6] = [
    Verb::SeeAppointment,
    Verb::ListStudies,
    Verb::SeeViewingRecord,
    Verb::ReadReceived,
    Verb::ReadReport,
    Verb::SeeKeyImages,
];

fn with(roles: &[StaffRole], lent: Lent) -> Actor {
    Actor::Staff { practitioner: OTHER, roles: roles.to_vec(), places: Workplaces::default(), lent }
}

fn allowed(actor: &Actor, visit: &Appointment) -> Vec<Verb> {
    let may = |verb: &Verb| authorize(actor, *verb, &Object::Appointment(visit)).is_ok();
    Verb::ALL.into_iter().filter(may).collect()
}

#[test]
fn in_an_emergency_a_doctor_reads_that_appointment_and_a_nurse_sees_it() {
    let (visit, mut another) = (appointment(), appointment());
    another.id = AppointmentId::new(Uuid::from_u128(101));
    let open = Lent { emergencies: vec![visit.id], ..Lent::default() };
    for (role, verbs) in [
        (StaffRole::Doctor, &READING[..]),
        (StaffRole::Nurse, &READING[..1]),
        (StaffRole::Administrator, &READING[..0]),
        (StaffRole::Auditor, &READING[..0]),
    ] {
        let actor = with(&[role], open.clone());
        let found = allowed(&actor, &visit);
        assert!(
            found.len() == verbs.len() && verbs.iter().all(|verb| found.contains(verb)),
            "{role:?}: {found:?}"
        );
        assert!(
            found.iter().all(|verb| {
                stead_of(&actor, *verb, &Object::Appointment(&visit)) == Some(Stead::Emergency)
            })
        );
        assert_eq!(allowed(&actor, &another), [], "one appointment and no other");
        for place in PlaceKind::ALL {
            let object = Object::Consultation { appointment: &visit, place };
            assert!(Verb::ALL.into_iter().all(|verb| authorize(&actor, verb, &object).is_err()), "{place:?}");
        }
    }
}

#[test]
fn whoever_acts_for_somebody_has_their_agenda_and_not_what_is_written_of_patients() {
    let visit = appointment();
    let acting = Lent { acts_for: vec![STAFF], ..Lent::default() };
    for role in [StaffRole::Doctor, StaffRole::Nurse, StaffRole::Secretary] {
        let actor = with(&[role], acting.clone());
        for verb in [Verb::SeeAppointment, Verb::ChangeAppointment, Verb::IssueLink] {
            assert_eq!(authorize(&actor, verb, &Object::Appointment(&visit)), Ok(()), "{role:?} {verb:?}");
        }
        for verb in [Verb::ReadReport, Verb::ListStudies, Verb::TakeNotes, Verb::Attend, Verb::CheckIdentity]
        {
            assert!(authorize(&actor, verb, &Object::Appointment(&visit)).is_err(), "{role:?} {verb:?}");
        }
        let room =
            Object::WaitingRoom { appointment: &visit, members: &[], policy: WaitingPolicy::default() };
        assert_eq!(authorize(&actor, Verb::TendWaitingRoom, &room), Ok(()));
        let takes_over = authorize(&actor, Verb::TakeOver, &room).is_ok();
        assert_eq!(takes_over, role == StaffRole::Doctor, "only who may consult opens the room");
    }
    // It is told for whom, and only where it counts.
    let doctor = with(&[StaffRole::Doctor], acting.clone());
    let object = Object::Appointment(&visit);
    assert_eq!(stead_of(&doctor, Verb::SeeAppointment, &object), Some(Stead::For(STAFF)));
    assert_eq!(stead_of(&doctor, Verb::BookAppointment, &Object::Agenda), None);
    let nurse = with(&[StaffRole::Nurse], acting);
    assert_eq!(stead_of(&nurse, Verb::BookAppointment, &Object::Agenda), Some(Stead::For(STAFF)));
}

#[test]
fn whoever_took_over_for_somebody_has_nothing_of_it_once_that_is_over() {
    let mut visit = appointment();
    visit.participants.push(person(STRANGER, Part::Practitioner(OTHER)));
    assert!(allowed(&with(&[StaffRole::Doctor], Lent::default()), &visit).contains(&Verb::Attend));
    let over = Lent { withdrawn: vec![STRANGER], ..Lent::default() };
    assert_eq!(allowed(&with(&[StaffRole::Doctor], over.clone()), &visit), []);
    for place in PlaceKind::ALL {
        let object = Object::Consultation { appointment: &visit, place };
        let actor = with(&[StaffRole::Doctor], over.clone());
        assert!(Verb::ALL.into_iter().all(|verb| authorize(&actor, verb, &object).is_err()), "{place:?}");
    }
}
