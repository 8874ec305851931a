//! Why there is no backup, or nothing was restored. Each sentence says what to do next; none holds anything of what is in a backup.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::sealing::KeyError;
use crate::store;

#[derive(Debug, Error)]
pub enum Error {
    #[error("{} is there already and is not written over: name another file", .0.display())]
    Exists(PathBuf),
    #[error("another backup is being written to {}: wait for its end, or name another file", .0.display())]
    BeingWritten(PathBuf),
    #[error("{} cannot be written", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error(
        "about {needed} are needed and {free} are free where {} is to be: make room, or name a file on another disk",
        .path.display()
    )]
    NoRoom { path: PathBuf, needed: Size, free: Size },
    #[error("the archive cannot be read")]
    Archive(#[source] io::Error),
    #[error("{} changed while it was copied: try again", .0)]
    Changed(String),
    #[error("the database cannot be copied")]
    Store(#[from] store::Error),
    #[error("the master keys cannot be used")]
    Key(#[source] KeyError),
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{} is no backup of Parvis, or not the start of one", .0.display())]
    NoBackup(PathBuf),
    #[error("{} was made by a newer Parvis ({what}): restore it with that release, or a later one", .path.display())]
    Newer { path: PathBuf, what: String },
    #[error(
        "{} is damaged or was cut ({place}): nothing of it was restored; copy it anew from where it was kept, or take another backup",
        .path.display()
    )]
    Damaged { path: PathBuf, place: String },
    #[error("something is in the way: {0}")]
    InTheWay(String),
    #[error(
        "{0} is another user's, and what is restored would be root's: call this as that user, with `sudo -u`"
    )]
    AnotherUser(String),
    #[error("another restore into {} is at work: wait for its end", .0.display())]
    AtWork(PathBuf),
    #[error(
        "a restore into {} was broken off at its very end; it is whole now, and the gateway can be started. To restore something else \
         move database and archive away first", .0.display()
    )]
    AllButEnded(PathBuf),
    #[error("{} cannot be filled; what was begun was taken back", .0.display())]
    Fill(PathBuf, #[source] io::Error),
    #[error("it was asked to end; what was begun was taken back")]
    Stopped,
    #[error("a step ended before its work did: try again")]
    Broken,
}

/// A number of bytes, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
        if self.0 < 1024 {
            return write!(f, "{} bytes", self.0);
        }
        let (mut tenths, mut unit) = (u128::from(self.0) * 10 / 1024, 0);
        while tenths >= 10_240 && unit + 1 < UNITS.len() {
            tenths /= 1024;
            unit += 1;
        }
        let unit = UNITS.get(unit).copied().unwrap_or_default();
        write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_units_of_people() {
        for (bytes, said) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"),
            (10 << 20, "10.0 MiB"),
            (5 << 40, "5.0 TiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), said);
        }
    }
}
