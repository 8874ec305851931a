//! Numbers by which archives know a patient.

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn numbers_of_a_patient_are_kept_one_after_the_other() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let record = |value: &str, domain: &str| PatientNumberRecord {
            id: new_id(PatientNumberId::new),
            participant: booked.participants[0].id,
            by: claire.id,
            at: at(1),
            number: PatientNumber::new(value, domain).unwrap(),
        };
        let records = [record("IPP 1", ""), record("É-2", "CHU"), record("IPP 3", "")];
        for record in records.iter().chain(&records) {
            store.add_patient_number(booked.id, record).await.unwrap();
        }
        assert_eq!(store.patient_numbers_of(booked.id).await.unwrap(), records);
        assert_eq!(store.patient_numbers_of(other.id).await.unwrap(), []);
        let stranger = PatientNumberRecord {
            id: new_id(PatientNumberId::new),
            participant: new_id(ParticipantId::new),
            ..records[0].clone()
        };
        assert!(store.add_patient_number(booked.id, &stranger).await.is_err(), "nobody of this appointment");
    })
    .await;
}
