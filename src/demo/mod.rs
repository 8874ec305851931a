//! demo

pub mod idp;
