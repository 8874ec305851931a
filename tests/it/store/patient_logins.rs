//! Logins of patients, and whom a provider has bound to a patient.

use parvis::secret::Secret;
use parvis::store::{Error, LoginDigest, PatientLogin, PatientSignedOutThere};

use super::*;
use crate::support::db::for_each_database;

const IDLE: TimeDelta = TimeDelta::minutes(15);
const ISSUER: &str = "https://fc.example/api/v2";

fn login(link: &Link, digest: u8, subject: u8) -> PatientLogin {
    PatientLogin {
        id: clock().new_uuid(),
        digest: LoginDigest([digest; 32]),
        link: link.id,
        appointment: link.appointment,
        participant: link.participant,
        provider: "franceconnect".to_owned(),
        provider_label: "FranceConnect".to_owned(),
        subject: LoginDigest([subject; 32]),
        provider_id_token: Some(Secret::new("head.body.signature".to_owned())),
        provider_sid: Some(format!("sid-{digest}")),
        proof_class: Some("eidas1".to_owned()),
        created_at: at(0),
        last_seen_at: at(0),
        expires_at: at(120),
    }
}

/// A booked visit with a link of its patient.
async fn booked(store: &Store) -> Link {
    let claire = doctor(store, "Claire").await;
    let booked = visit(&[&claire], 0, 30);
    let link = link(&booked, 0, 1, -10);
    store.add_appointment(&booked, std::slice::from_ref(&link)).await.unwrap();
    assert_eq!(store.link(link.id).await.unwrap(), Some(link.clone()));
    assert_eq!(store.link(new_id(LinkId::new)).await.unwrap(), None);
    link
}

#[tokio::test]
async fn a_patients_login_counts_with_its_link_alone_and_for_a_short_time() {
    for_each_database(|store| async move {
        let link = booked(&store).await;
        let kept = login(&link, 1, 5);
        assert!(store.add_patient_login(&kept, ISSUER, RestsOn::File).await.unwrap());
        let shown = async |link: LinkId, minute| {
            store.patient_login(LoginDigest([1; 32]), link, at(minute), IDLE).await.unwrap()
        };
        assert_eq!(shown(link.id, 0).await, Some(kept.clone()));
        assert_eq!(shown(new_id(LinkId::new), 0).await, None, "another link");
        assert_eq!(shown(link.id, 14).await.map(|login| login.last_seen_at), Some(at(14)));
        assert_eq!(shown(link.id, 29).await, None, "not used for a quarter of an hour");
        assert_eq!(
            store.login(LoginDigest([1; 32]), at(1), IDLE).await.unwrap(),
            None,
            "it is none of staff"
        );
        for minute in [15, 28, 41, 54, 67, 80, 93, 106, 119] {
            assert!(shown(link.id, minute).await.is_some(), "{minute}");
        }
        assert_eq!(shown(link.id, 120).await, None, "past its end, though just used");
        let counted = store.logins_by_provider(at(119), IDLE).await.unwrap();
        assert_eq!(counted, [("franceconnect".to_owned(), 1)]);
        assert_eq!(store.purge_logins(at(120), IDLE).await.unwrap(), 1);
        assert_eq!(store.end_patient_login(kept.digest).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_matched_first_is_the_patient_at_that_provider_from_then_on() {
    for_each_database(|store| async move {
        let link = booked(&store).await;
        assert_eq!(store.patient_bindings(link.participant).await.unwrap(), []);
        // Two people with all the same come in at once: one of them is the patient.
        let two = [login(&link, 1, 5), login(&link, 2, 6)];
        let kept = futures_util::future::join_all(
            two.iter().map(|one| store.add_patient_login(one, ISSUER, RestsOn::File)),
        )
        .await;
        let kept: Vec<_> = kept.into_iter().map(Result::unwrap).collect();
        assert_eq!(kept.iter().filter(|is| **is).count(), 1);
        let first = if kept[0] { 5 } else { 6 };
        let bound = [(ISSUER.to_owned(), LoginDigest([first; 32]))];
        assert_eq!(store.patient_bindings(link.participant).await.unwrap(), bound);
        assert!(store.add_patient_login(&login(&link, 3, first), ISSUER, RestsOn::File).await.unwrap());
        assert!(!store.add_patient_login(&login(&link, 4, 9), ISSUER, RestsOn::File).await.unwrap());
        assert!(
            store
                .add_patient_login(&login(&link, 5, 9), "https://other.example", RestsOn::File)
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test]
async fn a_patients_login_ends_by_its_cookie_its_provider_or_a_word_of_that() {
    for_each_database(|store| async move {
        let link = booked(&store).await;
        for digest in 1..=4 {
            store.add_patient_login(&login(&link, digest, 5), ISSUER, RestsOn::File).await.unwrap();
        }
        let is_in = async |digest: u8| {
            store.patient_login(LoginDigest([digest; 32]), link.id, at(1), IDLE).await.unwrap().is_some()
        };
        let ended = store.end_patient_login(LoginDigest([1; 32])).await.unwrap().unwrap();
        assert_eq!(ended.provider_id_token.unwrap().expose(), "head.body.signature");
        assert!(!is_in(1).await && is_in(2).await);
        let whom = |sid: Option<&str>, subject: Option<u8>| PatientSignedOutThere {
            provider: "franceconnect".to_owned(),
            sid: sid.map(str::to_owned),
            subject: subject.map(|subject| LoginDigest([subject; 32])),
        };
        let end = async |whom: &PatientSignedOutThere, token: u8| {
            store.end_patient_logins_by_token(whom, LoginDigest([token; 32]), at(9)).await.unwrap()
        };
        assert_eq!(end(&whom(Some("sid-2"), Some(8)), 1).await, Some(0), "not that person's");
        assert_eq!(end(&whom(Some("sid-2"), None), 2).await, Some(1));
        assert_eq!(end(&whom(Some("sid-3"), None), 2).await, None, "that token was taken");
        assert!(!is_in(2).await && is_in(3).await);
        assert_eq!(end(&whom(None, Some(5)), 3).await, Some(2));
        store.add_patient_login(&login(&link, 6, 5), ISSUER, RestsOn::File).await.unwrap();
        assert_eq!(store.end_patient_logins_by("hospital").await.unwrap(), 0);
        assert_eq!(store.end_patient_logins_by("franceconnect").await.unwrap(), 1);
        assert!(!is_in(6).await);
    })
    .await;
}

#[tokio::test]
async fn a_patient_who_comes_after_their_provider_was_switched_off_is_not_let_in() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        let link = booked(&store).await;
        let mut there = super::providers::provider("franceconnect", ISSUER);
        there.is_for_patients = true;
        let change = |what| super::people::change(&alex, what);
        store.add_identity_provider(&there, &change("provider_made")).await.unwrap();
        let comes = async |digest| {
            store.add_patient_login(&login(&link, digest, 5), ISSUER, RestsOn::Page { issuer: ISSUER }).await
        };
        assert!(comes(1).await.unwrap());
        let seen = there.changed_at;
        (there.is_on, there.changed_at) = (false, at(1));
        assert!(store.put_identity_provider(&there, seen, &[], &change("provider_off")).await.unwrap());
        assert!(matches!(comes(2).await, Err(Error::ProviderOff)));
        // One for staff is none for patients.
        let staff = RestsOn::Page { issuer: ISSUER };
        let claire = doctor(&store, "Claire").await;
        let of_staff = super::logins::login(&claire, 7);
        let of_staff = parvis::store::Login { provider: Some("franceconnect".to_owned()), ..of_staff };
        assert!(matches!(store.add_login(&of_staff, staff).await, Err(Error::ProviderOff)));
    })
    .await;
}
