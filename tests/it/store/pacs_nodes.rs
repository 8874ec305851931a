//! Image archives as administrators set them.

use parvis::secret::Secret;
use parvis::store::{PacsSignIn, StoredPacs};

use super::people::change;
use super::*;
use crate::support::db::for_each_database;

pub fn node(key: &str) -> StoredPacs {
    StoredPacs {
        id: clock().new_uuid(),
        key: key.to_owned(),
        label: "Radiologie".to_owned(),
        address: "https://pacs.example/dicom-web".to_owned(),
        sign_in: PacsSignIn::Password {
            user: "parvis".to_owned(),
            password: Secret::new("canary".to_owned()),
        },
        domain: "CHU".to_owned(),
        services: vec![new_id(ServiceId::new)],
        is_on: true,
        made_at: at(0),
        changed_at: at(0),
    }
}

#[tokio::test]
async fn an_archive_is_kept_changed_and_removed_each_time_with_its_change() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        assert_eq!(store.pacs_nodes().await.unwrap(), []);
        let (mut first, mut second) = (node("radio"), node("heart"));
        (second.made_at, second.sign_in, second.services) = (at(1), PacsSignIn::Nothing, vec![]);
        store.add_pacs_node(&second, &change(&alex, "pacs_made")).await.unwrap();
        store.add_pacs_node(&first, &change(&alex, "pacs_made")).await.unwrap();
        assert_eq!(store.pacs_nodes().await.unwrap(), [first.clone(), second.clone()], "as they were made");

        first.sign_in = PacsSignIn::Token(Secret::new("another".to_owned()));
        (first.is_on, first.changed_at, first.domain) = (false, at(7), String::new());
        assert!(store.put_pacs_node(&first, &change(&alex, "pacs_changed")).await.unwrap());
        assert_eq!(store.pacs_nodes().await.unwrap(), [first.clone(), second.clone()]);
        assert!(store.remove_pacs_node(second.id, &change(&alex, "pacs_removed")).await.unwrap());
        assert_eq!(store.pacs_nodes().await.unwrap(), [first]);

        let before = store.setting_changes(50).await.unwrap().len();
        assert_eq!(before, 4);
        assert!(!store.put_pacs_node(&second, &change(&alex, "pacs_changed")).await.unwrap());
        assert!(!store.remove_pacs_node(second.id, &change(&alex, "pacs_removed")).await.unwrap());
        assert_eq!(store.setting_changes(50).await.unwrap().len(), before, "nothing was changed");
    })
    .await;
}
