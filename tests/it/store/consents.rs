//! Versions of the information, what guests answered, who was with them, and device tests at home.

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn a_text_has_versions_and_none_is_lost() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let service = services::service("Cardiologie", "");
        store.put_service(&service).await.unwrap();
        let service = service.id;
        assert_eq!(store.consent_text(service).await.unwrap(), None);
        for version in 1..=3 {
            let text =
                ConsentText::new(0, &format!("Texte {version}."), &format!("Text {version}.")).unwrap();
            let given = store.add_consent_text(service, &text, claire.id, at(0)).await.unwrap();
            assert_eq!(given, version);
            assert_eq!(store.consent_text(service).await.unwrap(), Some(ConsentText { version, ..text }));
        }
        let other = services::service("Pneumologie", "");
        store.put_service(&other).await.unwrap();
        let other = other.id;
        assert_eq!(store.consent_text(other).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn answers_companions_and_rehearsals_are_kept() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let participant = booked.participants[0].id;
        let answers = [(ConsentAnswer::Refused, Language::English), (ConsentAnswer::Given, Language::French)];
        let mut consents = Vec::new();
        for (minute, (answer, language)) in (0..).zip(answers) {
            let consent = Consent { participant, answer, version: 2, language, at: at(minute) };
            store.add_consent(clock().new_uuid(), booked.id, &consent).await.unwrap();
            consents.push(consent);
        }
        assert_eq!(store.consents_of(booked.id).await.unwrap(), consents);

        let luc = Company::new(participant, true, "Luc, son fils", at(1)).unwrap();
        let nobody = Company::new(participant, false, "", at(2)).unwrap();
        for company in [&luc, &nobody] {
            store.add_company(clock().new_uuid(), booked.id, company).await.unwrap();
        }
        assert_eq!(store.companies_of(booked.id).await.unwrap(), [luc, nobody]);

        let states = [
            DeviceState::Works,
            DeviceState::Refused,
            DeviceState::Missing,
            DeviceState::InUse,
            DeviceState::Off,
        ];
        let sounds = [HeardSound::Heard, HeardSound::NotHeard, HeardSound::NotTried];
        let networks =
            [NetworkFound::Good, NetworkFound::Detour, NetworkFound::Blocked, NetworkFound::NotTried];
        for number in 0..5 {
            let found = Rehearsal {
                participant,
                at: at(3),
                camera: states[number],
                microphone: states[4 - number],
                sound: sounds[number % 3],
                network: networks[number % 4],
            };
            store.put_rehearsal(booked.id, &found).await.unwrap();
            assert_eq!(store.rehearsals_of(booked.id).await.unwrap(), [found], "the last one counts");
        }
    })
    .await;
}
