//! Images that were kept, with their captions.

use parvis::imaging::{ContentHash, FrameNumber, ObjectKind, Presentation, View, VoiChoice, Window};
use parvis::store::{RemovedKeyImage, StoredKeyImage, StoredSummary};
use parvis::viewing::DrawnMark;

use super::studies::object;
use super::*;
use crate::support::db::for_each_database;

fn image(by: ParticipantId, minute: i64, caption: &str) -> StoredKeyImage {
    StoredKeyImage {
        id: new_id(KeyImageId::new),
        by,
        at: at(minute),
        series: new_id(SeriesId::new),
        instance: new_id(InstanceId::new),
        frame: FrameNumber::new(7).unwrap(),
        index: 6,
        title: "Thorax".to_owned(),
        modality: "CT".to_owned(),
        presentation: Presentation {
            voi: VoiChoice::Window(Window { center: -600.1, width: 1500.0 }),
            is_inverted: true,
            state: Some(ContentHash([3; 32])),
            range: Some((0.1, 1e300)),
            ..Presentation::default()
        },
        view: View { zoom: 1.1, center: (0.3, 2.0 / 3.0), quarter_turns: 3, is_flipped: true },
        marks: vec![
            DrawnMark {
                lines: vec![vec![(0.1, 1.0 / 3.0), (0.2, 0.5)], Vec::new()],
                label: Some((MarkText::new("12,3 mm").unwrap(), (0.2, 0.5))),
            },
            DrawnMark::default(),
        ],
        caption: Caption::new(caption).unwrap(),
        content: [9; 32],
        width: 1024,
        height: 768,
        saved_as: None,
    }
}

#[tokio::test]
async fn images_come_back_as_they_were_kept_and_are_only_their_consultations() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let plain = StoredKeyImage {
            presentation: Presentation { voi: VoiChoice::Alternative(2), ..Presentation::PLAIN },
            view: View::default(),
            marks: Vec::new(),
            ..image(by, 5, "")
        };
        let images = [image(by, 3, "Le nodule 🫁"), plain];
        for image in images.iter().rev().chain(&images) {
            // Written again, an image is there once.
            store.add_key_image(booked.id, image).await.unwrap();
        }
        assert_eq!(store.key_images_of(booked.id).await.unwrap(), images, "in the order of keeping");
        assert_eq!(store.key_images_of(other.id).await.unwrap(), []);
        assert_eq!(store.appointment_of_key_image(images[0].id).await.unwrap(), Some(booked.id));
        assert_eq!(store.appointment_of_key_image(new_id(KeyImageId::new)).await.unwrap(), None);
        let stranger = image(other.participants[0].id, 5, "x");
        assert!(store.add_key_image(booked.id, &stranger).await.is_err(), "not of this one");

        let caption = Caption::new("Autre").unwrap();
        assert!(
            !store.caption_key_image(other.id, images[0].id, &caption, at(8)).await.unwrap(),
            "of another"
        );
        assert_eq!(store.remove_key_image(other.id, images[0].id, at(9)).await.unwrap(), None, "of another");
        assert!(store.caption_key_image(booked.id, images[0].id, &caption, at(8)).await.unwrap());
        // The other image has the same picture.
        let removed = store.remove_key_image(booked.id, images[1].id, at(9)).await.unwrap();
        assert_eq!(removed, Some(RemovedKeyImage { unused: None }));
        assert_eq!(
            store.remove_key_image(booked.id, images[1].id, at(10)).await.unwrap(),
            None,
            "it is removed"
        );
        assert!(!store.caption_key_image(booked.id, images[1].id, &caption, at(8)).await.unwrap());
        let left = store.key_images_of(booked.id).await.unwrap();
        assert_eq!(left, [StoredKeyImage { caption, ..images[0].clone() }]);
        assert_eq!(store.appointment_of_key_image(images[1].id).await.unwrap(), None);
        assert!(store.is_file_shared([9; 32]).await.unwrap());
        assert!(!store.is_file_shared([8; 32]).await.unwrap());
        let removed = store.remove_key_image(booked.id, images[0].id, at(11)).await.unwrap();
        assert_eq!(removed, Some(RemovedKeyImage { unused: Some([9; 32]) }), "nobody has it any more");
        assert!(!store.is_file_shared([9; 32]).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn images_of_a_study_that_was_withdrawn_are_not_told_any_more() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let objects = [object("1.1", "1.1.1", 1), object("1.2", "1.2.1", 2)];
        let ids = store.add_received(booked.id, &objects, &clock()).await.unwrap();
        let images: Vec<_> =
            ids.iter().map(|id| StoredKeyImage { instance: *id, ..image(by, 3, "") }).collect();
        // Of an object that is not there.
        let stray = image(by, 4, "");
        for image in images.iter().chain([&stray]) {
            store.add_key_image(booked.id, image).await.unwrap();
        }
        let content = |place: usize| (images[place].id, objects[place].instance.content);
        let mut sources = store.sources_of_key_images(booked.id).await.unwrap();
        sources.sort_by_key(|(id, _)| *id != images[0].id);
        assert_eq!(sources, [content(0), content(1)]);
        let studies = store.studies_of(booked.id).await.unwrap();
        let first = studies.iter().find(|study| study.facts.uid == objects[0].study.uid).unwrap();
        store.withdraw_study(booked.id, first.id, at(9)).await.unwrap().unwrap();
        assert_eq!(store.key_images_of(booked.id).await.unwrap(), [images[1].clone(), stray]);
        assert_eq!(store.sources_of_key_images(booked.id).await.unwrap(), [content(1)]);
    })
    .await;
}

#[tokio::test]
async fn a_selection_counts_for_the_caption_that_it_has() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let (first, second) = (image(by, 1, "Un"), image(by, 2, "Deux"));
        for image in [&first, &second] {
            store.add_key_image(booked.id, image).await.unwrap();
        }
        let selection = new_id(InstanceId::new);
        let saved = [(first.id, Caption::new("Un").unwrap()), (second.id, Caption::new("Avant").unwrap())];
        store.save_key_images(booked.id, &saved, selection, at(5)).await.unwrap();
        let saved_as = async || {
            let images = store.key_images_of(booked.id).await.unwrap();
            images.iter().map(|image| image.saved_as).collect::<Vec<_>>()
        };
        assert_eq!(saved_as().await, [Some(selection), None], "the second had another caption by then");
        store.caption_key_image(booked.id, first.id, &Caption::new("Un").unwrap(), at(8)).await.unwrap();
        assert_eq!(saved_as().await, [Some(selection), None], "the same words");
        store.caption_key_image(booked.id, first.id, &Caption::new("Une").unwrap(), at(8)).await.unwrap();
        assert_eq!(saved_as().await, [None, None]);
    })
    .await;
}

#[tokio::test]
async fn a_selection_that_says_what_is_not_so_any_more_is_not_listed() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let by = booked.participants[1].id;
        let (first, second) = (image(by, 1, "Un"), image(by, 2, "Deux"));
        let named = |images: &[&StoredKeyImage]| -> Vec<(KeyImageId, Caption)> {
            images.iter().map(|image| (image.id, image.caption.clone())).collect()
        };
        let write = async |number: u8| {
            let mut selection = object("1.1", &format!("1.1.{number}"), number);
            selection.instance.kind = ObjectKind::KeyObjects;
            store.add_received(booked.id, &[selection], &clock()).await.unwrap()[0]
        };
        let listed = async || {
            let studies = store.studies_of(booked.id).await.unwrap();
            let series = studies.iter().flat_map(|study| &study.series).count();
            assert_eq!(store.referring_of(booked.id).await.unwrap().len(), series);
            series
        };
        store.add_key_image(booked.id, &first).await.unwrap();
        let old = write(1).await;
        store.save_key_images(booked.id, &named(&[&first]), old, at(5)).await.unwrap();
        store.save_key_images(booked.id, &named(&[&first]), old, at(5)).await.unwrap();
        assert_eq!(listed().await, 1, "the same again");
        store.add_key_image(booked.id, &second).await.unwrap();
        let both = write(2).await;
        store.save_key_images(booked.id, &named(&[&first, &second]), both, at(6)).await.unwrap();
        assert_eq!(listed().await, 1, "the newer one has both");
        store.remove_key_image(booked.id, first.id, at(7)).await.unwrap().unwrap();
        assert_eq!(listed().await, 0, "it names one that is kept no longer");
        assert_eq!(
            store.key_images_of(booked.id).await.unwrap()[0].saved_as,
            None,
            "the other is to be named anew"
        );
        let late = write(3).await;
        store.save_key_images(booked.id, &named(&[&first]), late, at(8)).await.unwrap();
        assert_eq!(listed().await, 0, "what it names was removed while it was written");
        let last = write(4).await;
        store.save_key_images(booked.id, &named(&[&second]), last, at(8)).await.unwrap();
        assert_eq!(listed().await, 1);
        store.caption_key_image(booked.id, second.id, &Caption::new("Trois").unwrap(), at(9)).await.unwrap();
        assert_eq!(listed().await, 0, "it has another caption");
    })
    .await;
}

#[tokio::test]
async fn a_summary_is_one_for_each_language_and_says_what_was_written_last() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let (booked, other) = (visit(&[&claire], 0, 30), visit(&[&claire], 60, 30));
        store.add_appointment(&booked, &[]).await.unwrap();
        store.add_appointment(&other, &[]).await.unwrap();
        let summary = |language, words: &str, minute| StoredSummary {
            language,
            sentences: vec![words.into(), "".into()],
            images: vec![new_id(KeyImageId::new), new_id(KeyImageId::new)],
            changed_at: at(minute),
            by: booked.participants[1].id,
        };
        let french = summary(Language::French, "Tout va bien,\ndès aujourd'hui.", 3);
        let english = summary(Language::English, "All is well.", 4);
        store.put_summary(booked.id, &summary(Language::French, "Avant", 1)).await.unwrap();
        store.put_summary(booked.id, &english).await.unwrap();
        store.put_summary(booked.id, &french).await.unwrap();
        assert_eq!(store.summaries_of(booked.id).await.unwrap(), [french.clone(), english]);
        assert_eq!(store.summaries_of(other.id).await.unwrap(), []);
        assert!(store.put_summary(other.id, &french).await.is_err(), "by somebody of another one");
    })
    .await;
}
