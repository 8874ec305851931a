use super::*;
use crate::secret::Pii;

const NURSE: PractitionerId = PractitionerId::new(Uuid::from_u128(31));

fn came(participant: ParticipantId, assurance: Assurance) -> CameIn {
    CameIn { participant, is_in_room: true, assurance: Some(assurance), opening: None, sign_in: None }
}

fn sign_in(class: Option<&str>) -> SignInFact {
    SignInFact {
        provider: Some("Pro Santé Connect".to_owned()), strength: Strength::of(class), at: at(-600)
    }
}

fn look(participant: ParticipantId, by: PractitionerId, second: i64, means: IdentityMeans) -> IdentityCheck {
    let findings = IdentityFindings { means, is_name_right: true, is_birth_date_right: true };
    let id = IdentityCheckId::new(Uuid::from_u128(second.unsigned_abs().into()));
    IdentityCheck { id, participant, by, at: at(second), findings }
}

fn told(to: ToldTo, came: &[CameIn], checks: &[IdentityCheck]) -> Vec<PersonFact> {
    people_facts(to, &appointment(), came, checks, |_| Some("Somebody of the staff".into()))
}

fn of(facts: &[PersonFact], participant: ParticipantId) -> &PersonFact {
    facts.iter().find(|fact| fact.participant == participant).unwrap()
}

fn everybody() -> [CameIn; 3] {
    let birth_date = |came| CameIn { opening: Some(Opening::BirthDate), ..came };
    [
        birth_date(came(PATIENT, Assurance::LinkAndCode)),
        birth_date(came(RELATIVE, Assurance::LinkAndCode)),
        CameIn { sign_in: Some(sign_in(Some("eidas2"))), ..came(DOCTOR, Assurance::SignedIn) },
    ]
}

#[test]
fn each_person_is_told_by_what_they_showed_and_no_better() {
    for (assurance, opening, shown) in [
        (None, None, Proved::Nothing),
        // A door that was opened at another time says nothing of how they came now.
        (Some(Assurance::LinkOnly), Some(Opening::Pin), Proved::Link),
        (Some(Assurance::Telephone), None, Proved::Telephone),
        (Some(Assurance::LinkAndCode), None, Proved::LinkAnd(None)),
        (Some(Assurance::LinkAndCode), Some(Opening::LinkOnly), Proved::LinkAnd(None)),
        (Some(Assurance::LinkAndCode), Some(Opening::Pin), Proved::LinkAnd(Some(Opening::Pin))),
    ] {
        let came = CameIn { assurance, opening, ..came(PATIENT, Assurance::LinkOnly) };
        assert_eq!(of(&told(ToldTo::Staff, &[came], &[]), PATIENT).shown, shown);
    }
    let doctor = |sign_in| CameIn { sign_in, ..came(DOCTOR, Assurance::SignedIn) };
    for known in [None, Some(sign_in(None))] {
        let facts = told(ToldTo::Staff, &[doctor(known.clone())], &[]);
        assert_eq!(of(&facts, DOCTOR).shown, Proved::SignIn(known));
        assert_eq!(of(&facts, PATIENT).shown, Proved::Nothing, "of whom nothing is known, nothing is said");
    }
}

#[test]
fn a_sign_in_is_strong_only_where_its_class_says_so() {
    for class in ["eidas2", "eidas3", "phr", "phrh", "https://refeds.org/profile/mfa"] {
        assert_eq!(Strength::of(Some(class)), Strength::Strong);
    }
    for class in [None, Some(""), Some("  ")] {
        assert_eq!(Strength::of(class), Strength::Unsaid);
    }
    // A number means what each provider makes of it, `mfa` is a method (`amr`) and no class, and eIDAS low is one factor.
    for class in ["0", "1", "2", "eidas1", "mfa", "strong", "EIDAS2", "urn:mace:incommon:iap:silver"] {
        assert_eq!(Strength::of(Some(class)), Strength::Named(class.to_owned()));
    }
}

#[test]
fn a_guest_is_told_of_the_room_of_their_own_looks_and_of_no_other_door() {
    let looks = [
        look(PATIENT, STAFF, 10, IdentityMeans::Recognised),
        look(RELATIVE, STAFF, 20, IdentityMeans::KnownToMe),
    ];
    let guest = told(ToldTo::Guest(PATIENT), &everybody(), &looks);
    assert_eq!(guest.len(), 3);
    let own = of(&guest, PATIENT);
    assert_eq!(own.shown, Proved::LinkAnd(Some(Opening::BirthDate)));
    assert_eq!(
        own.seen.as_ref().map(|seen| (seen.at, seen.means)),
        Some((at(10), IdentityMeans::Recognised))
    );
    assert_eq!(own.seen.as_ref().and_then(|seen| seen.name.clone()), Some(Pii::new("Somebody".to_owned())));
    let other = of(&guest, RELATIVE);
    assert_eq!((&other.shown, &other.seen), (&Proved::LinkAnd(None), &None));
    assert_eq!(of(&guest, DOCTOR).shown, Proved::SignIn(Some(sign_in(Some("eidas2")))));

    // Whoever is not in the room is not spoken of, nor named as having looked.
    let mut alone = everybody();
    alone[1].is_in_room = false;
    alone[2].is_in_room = false;
    let guest = told(ToldTo::Guest(PATIENT), &alone, &looks);
    assert_eq!(guest.iter().map(|fact| fact.participant).collect::<Vec<_>>(), [PATIENT]);
    assert_eq!(guest[0].seen.as_ref().map(|seen| seen.name.clone()), Some(None));
    // A nurse who is in no call of the patient's has no name for them.
    let by_nurse = [look(PATIENT, NURSE, 10, IdentityMeans::KnownToMe)];
    let guest = told(ToldTo::Guest(PATIENT), &everybody(), &by_nurse);
    assert_eq!(of(&guest, PATIENT).seen.as_ref().map(|seen| seen.name.clone()), Some(None));
    let staff = told(ToldTo::Staff, &everybody(), &by_nurse);
    assert!(of(&staff, PATIENT).seen.as_ref().is_some_and(|seen| seen.name.is_some()));
}

#[test]
fn of_several_looks_the_one_that_is_enough_is_told() {
    let passport = IdentityMeans::Document(DocumentKind::Passport);
    let looks = [
        look(PATIENT, STAFF, 10, IdentityMeans::Said),
        look(PATIENT, STAFF, 20, passport),
        look(PATIENT, STAFF, 30, IdentityMeans::Recognised),
    ];
    let means = |looks: &[IdentityCheck]| {
        of(&told(ToldTo::Staff, &everybody(), looks), PATIENT).seen.as_ref().map(|seen| seen.means)
    };
    assert_eq!(means(&looks), Some(passport));
    assert_eq!(means(&looks[..1]), Some(IdentityMeans::Said));
    assert_eq!(means(&[]), None);
}

#[test]
fn guests_are_told_who_gets_something_of_their_visit_and_not_the_names_of_inner_systems() {
    let handling = Handling {
        media: OpenAt::Gateway,
        chat: OpenAt::Gateway,
        images: OpenAt::Gateway,
        is_media_recorded: false,
    };
    let kinds = [
        OutsideKind::Mail,
        OutsideKind::Sms,
        OutsideKind::Relay,
        OutsideKind::Syslog,
        OutsideKind::Fhir,
        OutsideKind::SignIn,
        OutsideKind::Authority,
        OutsideKind::Pacs,
    ];
    let ground = Ground {
        hospital: "x".to_owned(),
        site: "visio.example".to_owned(),
        is_site_encrypted: true,
        handling,
        at_rest: AtRest::Plain,
        chat_keep: ChatKeep::Consultation,
        retention: RetentionPolicy { studies: 7, ..RetentionPolicy::default() },
        outside: kinds.map(|kind| Outside { kind, host: format!("{kind:?}"), is_encrypted: true }).to_vec(),
    };
    assert_eq!(ground.outside_for(ToldTo::Staff).len(), kinds.len());
    let guest = ground.outside_for(ToldTo::Guest(PATIENT));
    let hosts: Vec<_> = guest.iter().map(|(kind, host, _)| (*kind, *host)).collect();
    assert_eq!(
        hosts,
        [
            (OutsideKind::Mail, Some("Mail")),
            (OutsideKind::Sms, Some("Sms")),
            (OutsideKind::Relay, Some("Relay")),
            (OutsideKind::Syslog, None),
            (OutsideKind::Fhir, None),
        ]
    );
    assert!(ground.kept_for().contains(&(DataClass::Studies, Some(7))));
    assert!(ground.kept_for().contains(&(DataClass::Chats, None)));
}
