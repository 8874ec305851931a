//! The one integration binary: one link, many files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not so"
)]

mod architecture;
mod archive;
mod badnet;
mod support {
    pub(crate) mod app;
    pub(crate) mod corpus;
    pub(crate) mod db;
}
