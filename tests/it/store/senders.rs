//! Mail server and SMS gateway as administrators set them.

use parvis::config::{Mail, MailSecurity, Sms, SmsContent, SmsMethod};
use parvis::secret::Secret;

use super::people::change;
use super::*;
use crate::support::db::for_each_database;

fn mail() -> Mail {
    Mail {
        host: "mail.example".to_owned(),
        port: 465,
        security: MailSecurity::Tls,
        user: Some("visio".to_owned()),
        password: Some(Secret::new("canary".to_owned())),
        from: "visio@hopital.example".to_owned(),
        authority: None,
        bounce_secret: None,
        administrators: vec!["dsi@hopital.example".to_owned()],
    }
}

#[tokio::test]
async fn what_sends_messages_is_kept_changed_and_removed_each_time_with_its_change() {
    for_each_database(|store| async move {
        let alex = store.upsert_practitioner(&person("Alex", &[StaffRole::Administrator])).await.unwrap();
        assert_eq!(store.mail_sender().await.unwrap(), None);
        assert_eq!(store.sms_sender().await.unwrap(), None);
        let id = || clock().new_uuid();
        let mut mail = mail();
        store.put_mail_sender(id(), &mail, &change(&alex, "mail_server"), at(0)).await.unwrap();
        assert_eq!(store.mail_sender().await.unwrap(), Some(mail.clone()));
        (mail.user, mail.password, mail.security) = (None, None, MailSecurity::Starttls);
        store.put_mail_sender(id(), &mail, &change(&alex, "mail_server"), at(1)).await.unwrap();
        assert_eq!(store.mail_sender().await.unwrap(), Some(mail));

        let header = |name: &str, value: &str| (name.to_owned(), Secret::new(value.to_owned()));
        let mut sms = Sms {
            url: "https://sms.example/send".parse().unwrap(),
            method: SmsMethod::Put,
            content: SmsContent::Form,
            body: "to={to}&text={text}".to_owned(),
            headers: vec![header("Authorization", "Bearer canary"), header("X-Key", "k")],
            token: None,
        };
        store.put_sms_sender(id(), &sms, &change(&alex, "sms_gateway"), at(2)).await.unwrap();
        assert_eq!(store.sms_sender().await.unwrap(), Some(sms.clone()));
        (sms.method, sms.content) = (SmsMethod::Post, SmsContent::Json);
        store.put_sms_sender(id(), &sms, &change(&alex, "sms_gateway"), at(3)).await.unwrap();
        assert_eq!(store.sms_sender().await.unwrap(), Some(sms));

        assert!(store.remove_sender(Channel::Email, &change(&alex, "mail_server")).await.unwrap());
        assert_eq!(store.mail_sender().await.unwrap(), None);
        assert!(store.sms_sender().await.unwrap().is_some());
        assert_eq!(store.setting_changes(50).await.unwrap().len(), 5);
        assert!(!store.remove_sender(Channel::Email, &change(&alex, "mail_server")).await.unwrap());
        assert_eq!(store.setting_changes(50).await.unwrap().len(), 5, "nothing was changed");
    })
    .await;
}
