//! How calls fared, person by person.

use super::*;
use crate::support::db::for_each_database;

#[tokio::test]
async fn a_record_of_quality_is_replaced_and_comes_back() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let patient = booked.participants[0].id;
        let mut rows = Vec::new();
        for (direction, reports) in [(MediaDirection::Publish, 1), (MediaDirection::Subscribe, u32::MAX)] {
            for path in MediaPath::ALL {
                let tally = QualityTally {
                    reports,
                    seconds: 600,
                    loss_pct: Measure { mean: 0.1 + 0.2, max: 100.0 },
                    freezes_ms: 5_000_000_000,
                    longest_freezes_ms: 30_000,
                    reconnections: 3,
                    ..QualityTally::default()
                };
                rows.push(((patient, direction, path), tally));
            }
        }
        store.put_quality(booked.id, &rows).await.unwrap();
        rows[0].1.rtt_ms = Measure { mean: 41.5, max: 900.25 };
        store.put_quality(booked.id, &rows[..1]).await.unwrap();
        let mut kept = store.quality_of(booked.id).await.unwrap();
        kept.sort_by_key(|(key, _)| *key);
        assert_eq!(kept, rows);
        assert_eq!(store.quality_of(other.id).await.unwrap(), []);
        let stranger = [((other.participants[0].id, MediaDirection::Publish, MediaPath::Udp), rows[0].1)];
        assert!(store.put_quality(booked.id, &stranger).await.is_err(), "not of this appointment");
    })
    .await;
}
