use super::*;

#[test]
fn a_radiologist_drops_in_while_a_consultation_runs_and_nobody_else_does() {
    let mut visit = appointment();
    let of = |role| staff(PractitionerId::new(Uuid::from_u128(77)), &[role]);
    let may = |role, visit: &Appointment| authorize(&of(role), Verb::DropIn, &Object::Appointment(visit));
    assert_eq!(may(StaffRole::Radiologist, &visit), Err(NotAllowed), "it has not begun");
    visit.status = visit.status.arrive(at(0)).unwrap();
    assert_eq!(may(StaffRole::Radiologist, &visit), Ok(()));
    for role in [StaffRole::Doctor, StaffRole::Secretary, StaffRole::Administrator] {
        assert_eq!(may(role, &visit), Err(NotAllowed), "{role:?}");
        assert_eq!(authorize(&of(role), Verb::SeeWorklist, &Object::Agenda), Err(NotAllowed), "{role:?}");
    }
    let [mine, another] = [1, 2].map(|number| ServiceId::new(Uuid::from_u128(number)));
    let works = |read_for| Actor::Staff {
        practitioner: PractitionerId::new(Uuid::from_u128(77)),
        roles: vec![StaffRole::Radiologist],
        places: Workplaces { services: vec![mine], read_for },
        lent: Lent::default(),
    };
    for (of, read_for, answer) in [
        (mine, vec![], Ok(())),
        (another, vec![], Err(NotAllowed)),
        (another, vec![another], Ok(())),
        (another, vec![mine], Err(NotAllowed)),
    ] {
        let visit = Appointment { service_id: Some(of), ..visit.clone() };
        let object = Object::Appointment(&visit);
        assert_eq!(authorize(&works(read_for.clone()), Verb::DropIn, &object), answer, "{of:?} {read_for:?}");
    }
    visit.status = visit.status.fulfil(at(9), Outcome::Completed).unwrap();
    assert_eq!(may(StaffRole::Radiologist, &visit), Err(NotAllowed), "it is over");
}

fn radiologist() -> Practitioner {
    Practitioner {
        id: PractitionerId::new(Uuid::from_u128(77)),
        issuer: "https://idp.example".into(),
        subject: "77".into(),
        name: "Dr Somebody".into(),
        roles: vec![StaffRole::Radiologist],
    }
}

#[test]
fn whoever_drops_in_is_a_participant_without_being_booked() {
    let mut visit = appointment();
    assert_eq!(visit.drop_in(STRANGER, &radiologist()), Err(DropInError::NotRunning));
    visit.status = visit.status.arrive(at(0)).unwrap();
    let person = visit.drop_in(STRANGER, &radiologist()).unwrap();
    assert_eq!((person.role(), person.has_dropped_in()), (Role::Practitioner, true));
    assert_eq!((person.practitioner(), person.booked_practitioner()), (Some(radiologist().id), None));
    visit.participants.push(person.clone());
    assert_eq!(visit.drop_in(RELATIVE, &radiologist()), Ok(person), "who is in it stays who they are");
    let actor = staff(radiologist().id, &radiologist().roles);
    for verb in [Verb::Attend, Verb::ListStudies, Verb::AddStudies] {
        assert_eq!(authorize(&actor, verb, &Object::Appointment(&visit)), Ok(()), "{verb:?}");
    }
    let booked = Practitioner { id: STAFF, ..radiologist() };
    assert_eq!(visit.drop_in(STRANGER, &booked).unwrap().id, DOCTOR);
    while visit.participants.len() < Appointment::MAX_PARTICIPANTS {
        visit.participants.push(person_number(visit.participants.len()));
    }
    let other = Practitioner { id: PractitionerId::new(Uuid::from_u128(78)), ..radiologist() };
    assert_eq!(visit.drop_in(STRANGER, &other), Err(DropInError::TooManyPeople));
}

fn person_number(number: usize) -> Participant {
    person(ParticipantId::new(Uuid::from_u128(1000 + number as u128)), Part::Guest(GuestRole::Relative))
}
