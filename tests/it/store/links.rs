//! Links: found, replaced and withdrawn.

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn links_are_found_replaced_and_revoked() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let mut booked = visit(&[&claire], 0, 30);
        booked.participants.push(guest("Luc", GuestRole::Relative));
        let mut first = link(&booked, 0, 1, 0);
        let relatives = link(&booked, 2, 2, 0);
        store.add_appointment(&booked, &[first.clone(), relatives.clone()]).await.unwrap();
        assert_eq!(store.link_by_digest(first.digest).await.unwrap(), Some(first.clone()));
        assert_eq!(store.link_by_digest(LinkDigest([9; 32])).await.unwrap(), None);

        let second = link(&booked, 0, 3, 5);
        store.replace_link(&second).await.unwrap();
        first.revoked_at = Some(at(5));
        assert_eq!(
            store.links_of(booked.id).await.unwrap(),
            [first.clone(), relatives.clone(), second.clone()]
        );

        assert!(store.revoke_link(second.participant, at(6)).await.unwrap());
        assert!(!store.revoke_link(second.participant, at(7)).await.unwrap(), "there is none in force");
        let revoked = store.link_by_digest(second.digest).await.unwrap().unwrap();
        assert_eq!(revoked.revoked_at, Some(at(6)), "the first revocation counts");
        assert_eq!(store.link_by_digest(first.digest).await.unwrap().unwrap().revoked_at, Some(at(5)));

        let other = visit(&[&claire], 60, 30);
        let others = link(&other, 0, 4, 0);
        store.add_appointment(&other, std::slice::from_ref(&others)).await.unwrap();
        assert_eq!(store.revoke_links_of(booked.id, at(8)).await.unwrap(), 1, "the relative's");
        assert_eq!(store.link_by_digest(relatives.digest).await.unwrap().unwrap().revoked_at, Some(at(8)));
        assert_eq!(store.links_of(other.id).await.unwrap(), [others]);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_cannot_be_replaced_stays_in_force() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        let first = link(&booked, 0, 1, 0);
        store.add_appointment(&booked, std::slice::from_ref(&first)).await.unwrap();
        assert!(store.replace_link(&link(&booked, 0, 1, 5)).await.is_err(), "its secret is in use");
        assert_eq!(store.links_of(booked.id).await.unwrap(), [first]);
    })
    .await;
}
