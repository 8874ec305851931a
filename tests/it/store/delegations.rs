//! Who acts for whom, from when until when.

use parvis::audit::{Deed, Record, Subject, Who};

use super::*;
use crate::support::db::for_each_database;

fn record(delegation: &Delegation, deed: Deed, number: u128) -> Record {
    let who = Who::Staff(delegation.for_whom);
    Record::new(uuid::Uuid::from_u128(number), at(0), who, deed, Subject::Delegation)
}

fn delegation(for_whom: &Practitioner, to: &Practitioner, from: i64, until: i64) -> Delegation {
    let id = new_id(DelegationId::new);
    Delegation::make(id, (for_whom.id, to.id, &to.roles), (at(from), at(until)), at(0)).unwrap()
}

#[tokio::test]
async fn a_delegation_is_kept_told_to_both_and_taken_back_once_by_whoever_gave_it() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (now, later) = (delegation(&claire, &karim, 0, 60), delegation(&claire, &karim, 120, 180));
        for (number, each) in [(1, &now), (2, &later)] {
            store.add_delegation(each, &record(each, Deed::Create, number)).await.unwrap();
        }
        let of = async |who: &Practitioner, minute| store.delegations_of(who.id, at(minute)).await.unwrap();
        for who in [&claire, &karim] {
            assert_eq!(of(who, 0).await, [now, later]);
            assert_eq!(of(who, 60).await, [later], "one that is over is not told");
        }
        // Only whoever gave it, and once.
        let revoke = async |who: &Practitioner, number| {
            let record = record(&later, Deed::Delete, number);
            store.revoke_delegation(later.id, who.id, at(5), &record).await.unwrap()
        };
        assert_eq!(revoke(&karim, 3).await, None);
        assert_eq!(revoke(&claire, 4).await, Some(Delegation { revoked_at: Some(at(5)), ..later }));
        assert_eq!(revoke(&claire, 5).await, None);
        let deeds: Vec<_> = store.audit_records(0, 10).await.unwrap().into_iter().flatten().collect();
        let deeds: Vec<_> = deeds.into_iter().map(|sealed| sealed.record.deed).collect();
        assert_eq!(deeds, [Deed::Create, Deed::Create, Deed::Delete]);
        assert_eq!(of(&claire, 0).await, [now]);

        let ended = async |from, to| store.delegations_ended(at(from), at(to)).await.unwrap();
        assert_eq!(ended(0, 59).await, []);
        assert_eq!(ended(59, 60).await, [now]);
        assert_eq!(ended(60, 200).await, [], "one that was taken back did not end by itself");
    })
    .await;
}

#[tokio::test]
async fn whoever_took_over_for_somebody_is_in_it_no_more_once_that_is_over() {
    for_each_database(|store| async move {
        let (claire, karim) = (doctor(&store, "Claire").await, doctor(&store, "Karim").await);
        let (theirs, own) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        for visit in [&theirs, &own] {
            store.add_appointment(visit, &[]).await.unwrap();
        }
        let given = delegation(&claire, &karim, 0, 60);
        store.add_delegation(&given, &record(&given, Deed::Create, 1)).await.unwrap();
        let person = |id| Participant {
            id,
            name: karim.name.clone(),
            part: Part::Practitioner(karim.id),
            language: Language::French,
        };
        let (acting, by_themselves) = (new_id(ParticipantId::new), new_id(ParticipantId::new));
        let take = async |visit: &Appointment, id, by: Option<&Delegation>| {
            store.add_take_over(visit.id, &person(id), at(1), by).await.unwrap()
        };
        assert_eq!(take(&theirs, acting, Some(&given)).await, Some(acting));
        assert_eq!(take(&own, by_themselves, None).await, Some(by_themselves));
        let no_more = async |minute| store.acting_no_more(karim.id, at(minute)).await.unwrap();
        assert_eq!(no_more(59).await, []);
        assert_eq!(no_more(60).await, [acting]);
        store.revoke_delegation(given.id, claire.id, at(5), &record(&given, Deed::Delete, 2)).await.unwrap();
        assert_eq!(no_more(5).await, [acting]);
        assert!(store.acting_no_more(claire.id, at(5)).await.unwrap().is_empty());
        // Given again.
        let again = delegation(&claire, &karim, 10, 60);
        store.add_delegation(&again, &record(&again, Deed::Create, 3)).await.unwrap();
        assert_eq!(no_more(5).await, [acting]);
        assert_eq!(no_more(10).await, []);
    })
    .await;
}
