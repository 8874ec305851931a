//! The one integration binary: one link, many files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not so"
)]

mod acme;
mod administration;
mod after;
mod agenda;
mod architecture;
mod archive;
mod at_rest;
mod backup;
mod badnet;
mod call;
mod chat;
mod coming_back;
mod content;
mod dependencies;
mod deploy;
mod doors;
mod drop_in;
mod edge;
mod hostile;
mod imaging;
mod key_images;
mod local;
mod login;
mod marks;
mod measuring;
mod messages;
mod metrics;
mod migrations;
mod network;
mod openapi;
mod pacs;
mod permissions;
mod photos;
mod places;
mod presentation;
mod privacy;
mod protection;
mod protocol;
mod record;
mod security_page;
mod senders;
mod stand_ins;
mod store;
mod store_away;
mod token_bucket;
mod trail;
mod uploads;
mod viewing;
mod visit;
mod waiting_room;
mod windows;

mod support {
    pub(crate) mod app;
    pub(crate) mod corpus;
    pub(crate) mod db;
    pub(crate) mod mail;
}
