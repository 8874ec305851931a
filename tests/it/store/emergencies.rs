//! Accesses in an emergency, each with its record.

use parvis::audit::{Deed, Record, Subject, Who};

use super::*;
use crate::support::db::for_each_database;

pub fn record(access: &EmergencyAccess) -> Record {
    let who = Who::Staff(access.practitioner);
    let record = Record::new(access.id.uuid(), access.began_at, who, Deed::Break, Subject::Appointment);
    Record { appointment: Some(access.appointment), reason: Some(access.reason.clone()), ..record }
}

pub fn access(visit: &Appointment, by: &Practitioner, minute: i64) -> EmergencyAccess {
    EmergencyAccess::begin(
        new_id(EmergencyAccessId::new),
        visit.id,
        by.id,
        "Patiente inconsciente aux urgences",
        at(minute),
        EmergencyAccess::LASTS,
    )
    .unwrap()
}

#[tokio::test]
async fn an_access_is_open_until_its_end_and_never_without_its_record() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (first, second) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        for visit in [&first, &second] {
            store.add_appointment(visit, &[]).await.unwrap();
        }
        let (one, other) = (access(&first, &karim, 0), access(&second, &karim, 30));
        for each in [&one, &other] {
            store.add_emergency_access(each, &record(each)).await.unwrap();
        }
        // The same one again is refused, and leaves no record behind.
        let twice = Record { id: uuid::Uuid::from_u128(5), ..record(&one) };
        assert!(store.add_emergency_access(&one, &twice).await.is_err());
        let records: Vec<_> = store.audit_records(0, 10).await.unwrap().into_iter().flatten().collect();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].record.reason, Some(one.reason.clone()));
        assert_eq!(records[0].record.deed, Deed::Break);

        let open = async |who: &Practitioner, minute| {
            let open = store.emergency_accesses_open(who.id, at(minute)).await.unwrap();
            open.into_iter().map(|access| access.id).collect::<Vec<_>>()
        };
        assert_eq!(open(&karim, -1).await, []);
        assert_eq!(open(&karim, 0).await, [one.id]);
        assert_eq!(open(&karim, 59).await, [other.id, one.id]);
        assert_eq!(open(&karim, 60).await, [other.id]);
        assert_eq!(open(&karim, 90).await, []);
        assert_eq!(open(&claire, 45).await, []);

        let told =
            async |who: &Practitioner, since| store.emergency_accesses_to(who.id, at(since)).await.unwrap();
        assert_eq!(told(&claire, 0).await, [other.clone(), one.clone()]);
        assert_eq!(told(&claire, 1).await, std::slice::from_ref(&other));
        assert_eq!(told(&karim, 0).await, []);
    })
    .await;
}
