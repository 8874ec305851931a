//! Records that wait in a file while the database is away, one a line, sealed, in order.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::audit::{Record, of_unsealed_line, unsealed_line};
use crate::store::Store;

/// The largest that the file becomes, in bytes: some hundred thousand records.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Debug)]
pub(super) struct Spool {
    path: PathBuf,
    /// Whose keys seal the lines.
    store: Store,
    bytes: u64,
    /// Lines that are in the database again.
    done: usize,
}

impl Spool {
    /// Takes up what an earlier run left.
    pub(super) fn open(folder: &Path, store: Store) -> io::Result<Self> {
        let path = folder.join("waiting.jsonl");
        let bytes = match path.metadata() {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { path, store, bytes, done: 0 })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Writes records, and sees them on the disk. Answers how many found no room.
    pub(super) fn put(&mut self, records: &[Record]) -> io::Result<u64> {
        let mut text = String::new();
        let mut kept = 0;
        for record in records {
            let line = self.store.seal_secret("waiting", "line", record.id, unsealed_line(record).as_bytes());
            let line = format!("{} {line}", record.id);
            if self.bytes + (text.len() + line.len() + 1) as u64 > MAX_BYTES {
                break;
            }
            text += &line;
            text.push('\n');
            kept += 1;
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        self.bytes += text.len() as u64;
        Ok((records.len() - kept) as u64)
    }

    /// The next records that are not in the database again, at most so many. Half a line, from when the machine went down, is none.
    pub(super) fn next(&self, at_most: usize) -> io::Result<(Vec<Record>, usize)> {
        let lines = BufReader::new(File::open(&self.path)?).lines().skip(self.done).take(at_most);
        let (mut records, mut count) = (Vec::new(), 0);
        for line in lines {
            count += 1;
            records.extend(self.record_of(&line?));
        }
        Ok((records, count))
    }

    /// A line of an older release is readable.
    fn record_of(&self, line: &str) -> Option<Record> {
        if line.starts_with('{') {
            return of_unsealed_line(line);
        }
        let (id, sealed) = line.split_once(' ')?;
        let bytes = self.store.open_secret("waiting", "line", id.parse().ok()?, sealed).ok()?;
        of_unsealed_line(std::str::from_utf8(&bytes).ok()?)
    }

    /// So many lines are in the database.
    pub(super) fn did(&mut self, lines: usize) {
        self.done += lines;
    }

    /// Everything is.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        std::fs::remove_file(&self.path)?;
        (self.bytes, self.done) = (0, 0);
        Ok(())
    }
}
