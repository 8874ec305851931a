//! Identity checks and national health identities.

use chrono::NaiveDate;

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn checks_are_kept_as_steps_with_who_and_when() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let check = |minute, means, is_name_right| IdentityCheck {
            id: new_id(IdentityCheckId::new),
            participant: booked.participants[0].id,
            by: claire.id,
            at: at(minute),
            findings: IdentityFindings { means, is_name_right, is_birth_date_right: !is_name_right },
        };
        let checks: Vec<_> = [
            IdentityMeans::Recognised,
            IdentityMeans::Said,
            IdentityMeans::KnownToMe,
            IdentityMeans::Document(DocumentKind::IdentityCard),
            IdentityMeans::Document(DocumentKind::Passport),
            IdentityMeans::Document(DocumentKind::ResidencePermit),
            IdentityMeans::Document(DocumentKind::DrivingLicence),
            IdentityMeans::Document(DocumentKind::HealthCard),
            IdentityMeans::Document(DocumentKind::Other),
        ]
        .into_iter()
        .enumerate()
        .map(|(place, means)| check(1, means, place % 2 == 0))
        .collect();
        for check in checks.iter().chain(&checks) {
            store.add_identity_check(booked.id, check).await.unwrap();
        }
        assert_eq!(store.identity_checks_of(booked.id).await.unwrap(), checks);
        assert_eq!(store.identity_checks_of(other.id).await.unwrap(), []);
        let stranger = check(2, IdentityMeans::KnownToMe, true);
        assert!(store.add_identity_check(other.id, &stranger).await.is_err(), "nobody of this appointment");
    })
    .await;
}

#[tokio::test]
async fn national_identities_are_kept_one_after_the_other() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let record = |number: Option<InsRegister>, sex, status| InsRecord {
            id: new_id(InsRecordId::new),
            participant: booked.participants[0].id,
            by: claire.id,
            at: at(1),
            traits: InsTraits {
                birth_name: "LEFEVRE".into(),
                given_names: "HELENE ANAIS".into(),
                birth_date: Pii::new(NaiveDate::from_ymd_opt(1948, 2, 29).unwrap()),
                sex,
                birth_place: InseeCode::new("2A004").unwrap(),
                number: number.map(|register| InsNumber::new("255081416802538", register).unwrap()),
                status,
            },
        };
        let records = [
            record(None, Sex::Indeterminate, InsStatus::Provisional),
            record(None, Sex::Male, InsStatus::Validated),
            record(Some(InsRegister::Nir), Sex::Female, InsStatus::Retrieved),
            record(Some(InsRegister::Nia), Sex::Female, InsStatus::Qualified),
            record(Some(InsRegister::NirTest), Sex::Female, InsStatus::Qualified),
            record(Some(InsRegister::NirDemo), Sex::Female, InsStatus::Qualified),
        ];
        for record in records.iter().chain(&records) {
            store.add_ins_record(booked.id, record).await.unwrap();
        }
        assert_eq!(store.ins_records_of(booked.id).await.unwrap(), records);
        let stranger = InsRecord { participant: new_id(ParticipantId::new), ..records[0].clone() };
        let stranger = InsRecord { id: new_id(InsRecordId::new), ..stranger };
        assert!(store.add_ins_record(booked.id, &stranger).await.is_err());
    })
    .await;
}
