//! The one integration binary: one link, many files.

mod architecture;
mod call;
mod protocol;
