//! The one integration binary: one link, many files.

mod architecture;
mod call;
mod migrations;
mod protocol;
mod store;

mod support {
    pub(crate) mod db;
}
