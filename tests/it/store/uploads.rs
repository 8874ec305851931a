//! Upload folders and what came through them.

use super::*;
use crate::support::db::for_each_database;

pub(super) fn folder(appointment: &Appointment, sender: FolderSender, quota: Quota) -> UploadFolder {
    UploadFolder {
        id: new_id(UploadFolderId::new),
        appointment: appointment.id,
        sender,
        label: "Centre Saint-Roch".into(),
        made_by: matches!(sender, FolderSender::Centre(_)).then_some(appointment.booked_by),
        made_at: at(0),
        expires_at: at(600),
        revoked_at: None,
        quota,
        used: Quota::default(),
    }
}

pub(super) fn upload(folder: &UploadFolder, digest: u8, what: ReceivedAs) -> ReceivedUpload {
    ReceivedUpload {
        id: new_id(ReceivedUploadId::new),
        folder: folder.id,
        appointment: folder.appointment,
        at: at(5),
        name: ReceivedKind::Mp4.name("Film.mp4"),
        bytes: 5_000_000_000,
        digest: [digest; 32],
        what,
    }
}

#[tokio::test]
async fn folders_and_receipts_come_back_as_they_were_kept() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let patient = booked.participants[0].id;
        let quota = Quota { bytes: 20 << 30, files: 20_000 };
        let centre = folder(&booked, FolderSender::Centre(LinkDigest([7; 32])), quota);
        let guest = folder(&booked, FolderSender::Guest(patient), quota);
        let again = folder(&booked, FolderSender::Guest(patient), quota);
        for each in [&centre, &guest, &again] {
            store.add_upload_folder(each).await.unwrap();
        }
        assert_eq!(store.upload_folders_of(booked.id).await.unwrap(), [centre.clone(), guest.clone()]);
        assert_eq!(store.upload_folder(centre.id).await.unwrap(), Some(centre.clone()));
        assert_eq!(store.upload_folder(again.id).await.unwrap(), None, "a guest has one");
        assert_eq!(store.upload_folder_by_digest(LinkDigest([7; 32])).await.unwrap(), Some(centre.clone()));
        assert_eq!(store.upload_folder_by_digest(LinkDigest([8; 32])).await.unwrap(), None);
        assert_eq!(store.upload_folder_of_guest(patient).await.unwrap(), Some(guest.clone()));
        let objects = ReceivedAs::Objects { objects: 120, refused: 2, has_other_patient: true };
        let uploads = [
            upload(&centre, 1, ReceivedAs::File(ReceivedKind::Mp4)),
            upload(&guest, 1, ReceivedAs::File(ReceivedKind::Shared(FileKind::Pdf))),
            upload(&centre, 2, objects),
        ];
        for each in &uploads {
            store.add_received_upload(each).await.unwrap();
        }
        assert_eq!(store.received_uploads_of(booked.id).await.unwrap(), uploads);
        assert!(store.uploads_among_images(booked.id).await.unwrap().is_empty());
        for _ in 0..2 {
            store.put_upload_among_images(uploads[0].id, at(7)).await.unwrap();
            let among = store.uploads_among_images(booked.id).await.unwrap();
            assert_eq!(among.into_iter().collect::<Vec<_>>(), [uploads[0].id]);
        }
        assert_eq!(store.received_upload(uploads[1].id).await.unwrap(), Some(uploads[1].clone()));
        assert_eq!(store.received_upload_with(centre.id, [2; 32]).await.unwrap(), Some(uploads[2].clone()));
        assert_eq!(store.received_upload_with(guest.id, [2; 32]).await.unwrap(), None, "of another folder");
        assert!(store.is_file_shared([1; 32]).await.unwrap());
        assert!(!store.is_file_shared([2; 32]).await.unwrap(), "images are not among the files");
        assert!(store.revoke_upload_folder(centre.id, at(9)).await.unwrap());
        assert!(!store.revoke_upload_folder(centre.id, at(10)).await.unwrap());
        let revoked = store.upload_folder(centre.id).await.unwrap().unwrap();
        assert_eq!(revoked.revoked_at, Some(at(9)));
    })
    .await;
}

#[tokio::test]
async fn however_many_come_at_once_no_more_go_in_than_the_quota() {
    for_each_database(|store| async move {
        let claire = doctor(&store, "Claire").await;
        let booked = visit(&[&claire], 0, 30);
        store.add_appointment(&booked, &[]).await.unwrap();
        let sender = FolderSender::Centre(LinkDigest([7; 32]));
        let folder = folder(&booked, sender, Quota { bytes: 1000, files: 5 });
        store.add_upload_folder(&folder).await.unwrap();
        let tries = (0..12).map(|_| store.reserve_upload(folder.id, 300));
        let taken = futures_util::future::join_all(tries).await;
        assert_eq!(taken.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 3, "by bytes");
        assert!(store.reserve_upload(folder.id, 100).await.unwrap(), "to the last byte");
        assert!(!store.reserve_upload(folder.id, 1).await.unwrap());
        store.release_upload(folder.id, 300).await.unwrap();
        assert!(store.reserve_upload(folder.id, 1).await.unwrap());
        assert!(store.reserve_upload(folder.id, 1).await.unwrap());
        assert!(!store.reserve_upload(folder.id, 1).await.unwrap(), "by files");
        let used = store.upload_folder(folder.id).await.unwrap().unwrap().used;
        assert_eq!(used, Quota { bytes: 702, files: 5 });
    })
    .await;
}
