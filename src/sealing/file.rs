//! Sealed files: a header, then chunks. Each chunk is sealed for itself with its number and whether it is the last (STREAM: Hoang,
//! Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015), so that any part is
//! read without the rest, and a file that was cut, put in another order or put in another's place does not open.
//!
//! ```text
//! "PARVIS\x01\n"  8 bytes    name of the data key  16 bytes    salt  32 bytes
//! chunks of 64 KiB and a tag of 16 bytes; the last one is shorter, or empty when there is nothing
//! ```
//!
//! The key of a file is derived from the data key, the salt and what the file is; so the nonce of a chunk is its number and the mark of the
//! last one, and never comes twice under one key.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{DataKey, KeyId, OpenError};
use crate::clock::Clock;

/// What is sealed in one piece, in bytes.
pub const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const SEALED_CHUNK: u64 = (CHUNK + TAG) as u64;
const MAGIC: [u8; 8] = *b"PARVIS\x01\n";
const HEADER: usize = 56;

/// The start of a sealed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileHeader {
    /// The data key that opens it.
    pub key: KeyId,
    salt: [u8; 32],
}

impl FileHeader {
    /// That of a file; `None`: it is not sealed.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn read(file: &File) -> io::Result<Option<Self>> {
        Self::read_behind(file, 0)
    }

    /// The same, where something else stands before it: so many bytes.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn read_behind(file: &File, start: u64) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEADER];
        match file.read_exact_at(&mut bytes, start) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let (mut key, mut salt) = ([0; 16], [0; 32]);
        key.copy_from_slice(&bytes[8..24]);
        salt.copy_from_slice(&bytes[24..]);
        Ok(bytes.starts_with(&MAGIC).then_some(Self { key: KeyId(key), salt }))
    }

    fn file_key(&self, key: &DataKey, what: &[u8]) -> Result<LessSafeKey, OpenError> {
        let key = key.derive(&[b"parvis file", &self.key.0, &self.salt, what]);
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| OpenError::Refused)?))
    }
}

fn nonce(chunk: u64, is_last: bool) -> Result<Nonce, OpenError> {
    let number = u32::try_from(chunk).map_err(|_| OpenError::Refused)?;
    let mut bytes = [0; 12];
    bytes[7..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(is_last);
    Ok(Nonce::assume_unique_for_key(bytes))
}

/// Seals what is written. Nothing of it can be opened before [`SealedWriter::finish`].
pub struct SealedWriter<W> {
    to: W,
    key: LessSafeKey,
    chunk: u64,
    buffer: Vec<u8>,
}

impl<W: Write> SealedWriter<W> {
    /// Begins a file. `what` it is has to be said again by whoever opens it.
    ///
    /// # Errors
    /// If the header cannot be written.
    pub fn new(mut to: W, key: &DataKey, id: KeyId, what: &[u8], clock: &Clock) -> io::Result<Self> {
        let header = FileHeader { key: id, salt: clock.random_bytes() };
        to.write_all(&MAGIC)?;
        to.write_all(&id.0)?;
        to.write_all(&header.salt)?;
        let key = header.file_key(key, what)?;
        Ok(Self { to, key, chunk: 0, buffer: Vec::with_capacity(CHUNK + TAG) })
    }

    /// Writes the last chunk. What it was written to.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = nonce(self.chunk, is_last)?;
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut self.buffer)
            .map_err(|_| OpenError::Refused)?;
        self.to.write_all(&self.buffer)?;
        self.buffer.clear();
        self.chunk += 1;
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for the next byte: only then it is known not to be the last.
        if self.buffer.len() == CHUNK && !bytes.is_empty() {
            self.seal(false)?;
        }
        // A chunk that was sealed and not written: nothing comes behind it any more.
        let room = CHUNK.checked_sub(self.buffer.len()).ok_or(ErrorKind::BrokenPipe)?;
        let part = bytes.len().min(room);
        self.buffer.extend_from_slice(&bytes[..part]);
        Ok(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a sealed file, at any place of it.
pub struct SealedReader {
    file: File,
    key: LessSafeKey,
    /// Where its header begins in the file, in bytes.
    start: u64,
    /// Bytes that were sealed.
    length: u64,
    chunks: u64,
    at: u64,
    /// The chunk in the buffer, and what is in it.
    open: Option<u64>,
    buffer: Vec<u8>,
    opened: usize,
}

impl SealedReader {
    /// Opens a file. Its end is looked at, so that one that was cut is refused at once.
    ///
    /// # Errors
    /// If the disk fails; with [`OpenError`] inside when it does not open.
    pub fn new(file: File, header: &FileHeader, key: &DataKey, what: &[u8]) -> io::Result<Self> {
        Self::behind(file, 0, header, key, what)
    }

    /// The same, where something else stands before it: so many bytes.
    ///
    /// # Errors
    /// As for [`SealedReader::new`].
    pub fn behind(
        file: File,
        start: u64,
        header: &FileHeader,
        key: &DataKey,
        what: &[u8],
    ) -> io::Result<Self> {
        let key = header.file_key(key, what)?;
        let sealed = file.metadata()?.len().saturating_sub(start + HEADER as u64);
        let chunks = sealed.div_ceil(SEALED_CHUNK);
        let length = sealed.checked_sub(chunks * TAG as u64).ok_or(OpenError::Refused)?;
        if chunks == 0 || (chunks - 1) * CHUNK as u64 > length {
            return Err(OpenError::Refused.into());
        }
        let (at, open, buffer) = (0, None, Vec::new());
        let mut reader = Self { file, key, start, length, chunks, at, open, buffer, opened: 0 };
        reader.load(chunks - 1)?;
        Ok(reader)
    }

    /// Bytes that were sealed.
    pub fn length(&self) -> u64 {
        self.length
    }

    fn load(&mut self, chunk: u64) -> io::Result<()> {
        if self.open == Some(chunk) {
            return Ok(());
        }
        self.open = None;
        let is_last = chunk + 1 == self.chunks;
        let plain = if is_last { self.length - chunk * CHUNK as u64 } else { CHUNK as u64 };
        self.buffer.resize(plain as usize + TAG, 0);
        let place = self.start + HEADER as u64 + chunk * SEALED_CHUNK;
        self.file.read_exact_at(&mut self.buffer, place)?;
        let opened = self
            .key
            .open_in_place(nonce(chunk, is_last)?, Aad::empty(), &mut self.buffer)
            .map_err(|_| OpenError::Refused)?;
        self.opened = opened.len();
        self.open = Some(chunk);
        Ok(())
    }
}

impl Read for SealedReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length || into.is_empty() {
            return Ok(0);
        }
        self.load(self.at / CHUNK as u64)?;
        let from = (self.at % CHUNK as u64) as usize;
        let part = self.buffer.get(from..self.opened).unwrap_or_default();
        let count = part.len().min(into.len());
        into[..count].copy_from_slice(&part[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SealedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (self.at, by),
            SeekFrom::End(by) => (self.length, by),
        };
        self.at = from.checked_add_signed(by).ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
