//! What has to be so before a guest is let in.

use super::*;

const ADMIT: Input = Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: false };
const ADMIT_SEEN: Input = Input::Admit { by: DOCTOR, participant: PATIENT, is_recognised: true };
const ENTER: Input = Input::Enter { participant: PATIENT, device: DeviceNumber(1) };

fn check_at(participant: ParticipantId, second: i64) -> EntryNews {
    let means = IdentityMeans::Recognised;
    EntryNews::Checked(IdentityCheck {
        id: IdentityCheckId::new(Uuid::from_u128(second.unsigned_abs().into())),
        participant,
        by: STAFF,
        at: at(second),
        findings: IdentityFindings { means, is_name_right: false, is_birth_date_right: false },
    })
}

fn came(assurance: Assurance) -> EntryNews {
    EntryNews::Came { participant: PATIENT, assurance }
}

fn asks(asks_who_of_all: bool, consent: Option<u32>) -> EntryNews {
    EntryNews::Rules(EntryRules { asks_who_of_all, consent })
}

#[test]
fn whoever_lets_in_somebody_with_only_the_link_says_that_they_see_who_it_is() {
    let mut c = waiting();
    // How they came is not known: no more than the link is taken for sure.
    for news in [None, Some(came(Assurance::LinkOnly))] {
        news.into_iter().for_each(|news| c.learn(news));
        assert!(c.asks_who(PATIENT));
        assert_eq!(c.handle(at(20), ADMIT), Err(Refusal::NotRecognised));
        assert_eq!(kind(&c, PATIENT), PlaceKind::Waiting);
    }
    run(&mut c, 21, ADMIT_SEEN);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted);
    // Put back, and asked again: somebody else may hold the telephone now.
    c.learn(check_at(PATIENT, 21));
    run(&mut c, 30, Input::PutBack { by: DOCTOR, participant: PATIENT });
    assert_eq!(c.handle(at(31), ADMIT), Err(Refusal::NotRecognised));
    // Somebody looked while they wait: that is enough.
    c.learn(check_at(RELATIVE, 32));
    assert!(c.asks_who(PATIENT), "it was of somebody else");
    c.learn(check_at(PATIENT, 32));
    assert!(!c.asks_who(PATIENT));
    run(&mut c, 33, ADMIT);
    assert_eq!(kind(&c, PATIENT), PlaceKind::Admitted);
}

#[test]
fn somebody_with_more_than_the_link_is_looked_at_where_the_service_wants_it() {
    let mut c = waiting();
    c.learn(came(Assurance::LinkAndCode));
    assert!(!c.asks_who(PATIENT));
    c.learn(asks(true, Some(0)));
    assert_eq!(c.handle(at(20), ADMIT), Err(Refusal::NotRecognised));
    c.learn(asks(false, Some(0)));
    run(&mut c, 21, ADMIT);
    assert!(!c.asks_who(PATIENT) && !c.asks_who(DOCTOR), "nobody waits any more");
}

#[test]
fn a_guest_enters_once_they_have_agreed_to_the_text_of_now() {
    let mut c = waiting();
    run(&mut c, 20, ADMIT_SEEN);
    c.learn(asks(false, Some(3)));
    assert_eq!(c.handle(at(21), ENTER), Err(Refusal::ConsentNeeded), "they agreed to another text");
    c.learn(EntryNews::Answered(answer(PATIENT, ConsentAnswer::Refused, 3)));
    assert_eq!(c.handle(at(22), ENTER), Err(Refusal::ConsentNeeded));
    c.learn(asks(false, None));
    assert_eq!(c.handle(at(23), ENTER), Err(Refusal::ConsentNeeded), "they want no video, whoever asks");
    c.learn(asks(false, Some(3)));
    c.learn(EntryNews::Answered(answer(RELATIVE, ConsentAnswer::Given, 3)));
    assert_eq!(c.handle(at(24), ENTER), Err(Refusal::ConsentNeeded), "somebody else agreed");
    c.learn(EntryNews::Answered(answer(PATIENT, ConsentAnswer::Given, 3)));
    run(&mut c, 25, ENTER);
    // A text that changes during the visit keeps nobody out who comes back; a refusal does.
    c.learn(asks(false, Some(4)));
    run(&mut c, 26, Input::Arrive { participant: PATIENT, device: DeviceNumber(5) });
    let again = Input::Enter { participant: PATIENT, device: DeviceNumber(5) };
    run(&mut c, 27, again);
    c.learn(EntryNews::Answered(answer(PATIENT, ConsentAnswer::Refused, 4)));
    assert_eq!(kind(&c, PATIENT), PlaceKind::InCall, "who is in stays in");
    run(&mut c, 28, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
    assert_eq!(c.handle(at(29), ENTER), Err(Refusal::ConsentNeeded));
}

#[test]
fn a_service_that_takes_the_agreement_in_another_way_keeps_nobody_out() {
    let facts = |rules| EntryFacts::new(rules, Assurances::new(), Vec::new(), Vec::new());
    let waives = DoorRules { waives_consent: true, ..DoorRules::default() };
    for (rules, is_in) in [(DoorRules::default(), false), (waives, true)] {
        let rules = EntryRules::of(&rules, &ConsentText::standard());
        let mut c = Consultation::new(&appointment(), facts(rules));
        run(&mut c, 0, Input::Arrive { participant: PATIENT, device: DeviceNumber(1) });
        run(&mut c, 1, Input::Ready { participant: PATIENT, device: DeviceNumber(1), check: WORKS });
        run(&mut c, 2, Input::Arrive { participant: DOCTOR, device: DeviceNumber(2) });
        run(&mut c, 3, Input::Enter { participant: DOCTOR, device: DeviceNumber(2) });
        run(&mut c, 4, ADMIT_SEEN);
        assert_eq!(c.handle(at(5), ENTER).is_ok(), is_in);
    }
}

fn any_news() -> impl Strategy<Value = EntryNews> {
    let guest = || prop::sample::select(vec![PATIENT, RELATIVE]);
    prop_oneof![
        (guest(), prop::sample::select(Assurance::ALL.to_vec()))
            .prop_map(|(participant, assurance)| EntryNews::Came { participant, assurance }),
        (any::<bool>(), prop::option::of(0_u32..3)).prop_map(|(all, consent)| asks(all, consent)),
        (guest(), any::<bool>(), 0_u32..3).prop_map(|(guest, is_given, version)| {
            let word = if is_given { ConsentAnswer::Given } else { ConsentAnswer::Refused };
            EntryNews::Answered(answer(guest, word, version))
        }),
    ]
}

proptest! {
    /// In whatever order people come, answer, and rules change: nobody with only the link is let in unless whoever let them in said that
    /// they see who it is, and nobody is in the room for the first time who has not agreed to the text of that moment, or who refused.
    #[test]
    fn nobody_is_let_in_unseen_or_without_their_agreement(
        steps in prop::collection::vec((prop_oneof![3 => any_input().prop_map(Ok), 1 => any_news().prop_map(Err)], 0_i64..40), 1..150)
    ) {
        let mut c = Consultation::new(&appointment(), EntryFacts::default());
        let (mut second, mut rules) = (0, EntryRules::default());
        let mut assurances = std::collections::BTreeMap::new();
        let mut answers = std::collections::BTreeMap::new();
        let mut been_in = std::collections::BTreeSet::new();
        for (step, pause) in steps {
            second += pause;
            let input = match step {
                Ok(input) => input,
                Err(news) => {
                    match news {
                        EntryNews::Rules(now) => rules = now,
                        EntryNews::Came { participant, assurance } => {
                            assurances.insert(participant, assurance);
                        }
                        EntryNews::Answered(answer) => {
                            answers.insert(answer.participant, answer);
                        }
                        EntryNews::Checked(_) => {}
                    }
                    c.learn(news);
                    continue;
                }
            };
            let Ok(effects) = c.handle(at(second), input) else { continue };
            for effect in effects {
                match effect {
                    Effect::Moved(Move { participant, to: PlaceKind::Admitted, by: Some(_), .. }) => {
                        let has_only_link = assurances.get(&participant).is_none_or(|a| *a == Assurance::LinkOnly);
                        let is_said = matches!(input, Input::Admit { is_recognised: true, .. });
                        prop_assert!(is_said || !(has_only_link || rules.asks_who_of_all));
                        been_in.remove(&participant);
                    }
                    Effect::EnterRoom { participant, .. } if participant != DOCTOR => {
                        let answer = answers.get(&participant);
                        prop_assert!(answer.is_none_or(|answer| answer.answer == ConsentAnswer::Given));
                        if been_in.insert(participant) {
                            prop_assert!(rules.consent.is_none_or(|now| answer.is_some_and(|a| a.version == now)));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
