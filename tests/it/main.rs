<<<<<<< HEAD
//! The one integration binary: one link, many files.

mod architecture;
mod protocol;
=======
mod call;
>>>>>>> sfu
