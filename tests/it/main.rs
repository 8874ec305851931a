//! The one integration binary: one link, many files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not so"
)]

mod architecture;
mod archive;
mod badnet;
mod call;
mod chat;
mod coming_back;
mod content;
mod hostile;
mod imaging;
mod login;
mod migrations;
mod network;
mod presentation;
mod privacy;
mod protocol;
mod store;
mod visit;

mod support {
    pub(crate) mod app;
    pub(crate) mod db;
}
