//! The one integration binary: one link, many files.

mod migrations;
mod store;

mod support {
    pub mod db;
}
