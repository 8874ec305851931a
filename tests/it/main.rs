//! The one integration binary: one link, many files.

mod architecture;
mod archive;
mod call;
mod imaging;
mod migrations;
mod protocol;
mod store;
mod visit;

mod support {
    pub(crate) mod app;
    pub(crate) mod db;
}
