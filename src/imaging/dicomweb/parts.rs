//! The parts of `multipart/related` (RFC 2387, RFC 2046 section 5.1.1), as they come: nothing of a part is held but what may be the start of a
//! boundary. WADO-RS answers so, a part an object (PS3.18 section 8.7.3).

use std::mem;

use bytes::Bytes;
use thiserror::Error;

/// The longest head of a part, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// The longest text before the first part, in bytes.
const MAX_PREAMBLE: usize = 64 << 10;
/// RFC 2046 section 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// What is wrong with an answer in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PartsFault {
    #[error("it is not multipart/related, or names no boundary")]
    NotRelated,
    #[error("the head of a part has no end")]
    LongHead,
    #[error("it ends before its last part does")]
    Cut,
    #[error("there is something else where a part should begin")]
    Malformed,
}

/// What comes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A part begins.
    Begin,
    /// Some bytes of it.
    Bytes(Bytes),
    /// It is whole.
    End,
}

/// Takes an answer apart.
#[derive(Debug)]
pub struct Parts {
    /// What ends a part: line break, two hyphens, the boundary.
    delimiter: Vec<u8>,
    place: Place,
    /// What came and is not told yet.
    held: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Preamble,
    /// Behind a boundary: another part, or the end.
    Behind,
    Head,
    Body,
    /// Behind the last part: whatever comes does not matter.
    Over,
}

impl Parts {
    /// For an answer of that `Content-Type`.
    ///
    /// # Errors
    /// If it is another one, or names no boundary.
    pub fn new(content_type: &str) -> Result<Self, PartsFault> {
        let boundary = boundary_of(content_type).ok_or(PartsFault::NotRelated)?;
        let delimiter = [b"\r\n--".as_slice(), boundary.as_bytes()].concat();
        // As if a line had just ended: the first boundary may stand at the very start.
        Ok(Self { delimiter, place: Place::Preamble, held: b"\r\n".to_vec() })
    }

    /// Takes what came next.
    ///
    /// # Errors
    /// If it is not in the form of parts. Nothing more is to be given then.
    pub fn take(&mut self, chunk: &[u8]) -> Result<Vec<Piece>, PartsFault> {
        if self.place == Place::Over {
            return Ok(Vec::new());
        }
        self.held.extend_from_slice(chunk);
        let mut pieces = Vec::new();
        while self.step(&mut pieces)? {}
        Ok(pieces)
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// If the last part had not ended.
    pub fn finish(self) -> Result<(), PartsFault> {
        // Some leave the last line break away, and some the hyphens of the end.
        let is_end = self.place == Place::Over || self.place == Place::Behind;
        if is_end { Ok(()) } else { Err(PartsFault::Cut) }
    }

    /// Goes on by one place; `false`: more has to come first.
    fn step(&mut self, pieces: &mut Vec<Piece>) -> Result<bool, PartsFault> {
        match self.place {
            Place::Preamble => match find(&self.held, &self.delimiter) {
                Some(at) => {
                    self.held.drain(..at + self.delimiter.len());
                    self.place = Place::Behind;
                    Ok(true)
                }
                None if self.held.len() > MAX_PREAMBLE => Err(PartsFault::Malformed),
                None => Ok(false),
            },
            Place::Behind => {
                if self.held.starts_with(b"--") {
                    self.held.clear();
                    self.place = Place::Over;
                    return Ok(false);
                }
                let Some(at) = find(&self.held, b"\r\n") else {
                    return if self.held.len() > MAX_HEAD { Err(PartsFault::LongHead) } else { Ok(false) };
                };
                // Blanks may stand there, and nothing else.
                if !self.held.iter().take(at).all(|byte| matches!(byte, b' ' | b'\t')) {
                    return Err(PartsFault::Malformed);
                }
                // The line break stays: a head without lines ends with it.
                self.held.drain(..at);
                self.place = Place::Head;
                Ok(true)
            }
            Place::Head => match find(&self.held, b"\r\n\r\n") {
                Some(at) if at <= MAX_HEAD => {
                    self.held.drain(..at + 4);
                    self.place = Place::Body;
                    pieces.push(Piece::Begin);
                    Ok(true)
                }
                None if self.held.len() <= MAX_HEAD => Ok(false),
                _ => Err(PartsFault::LongHead),
            },
            Place::Body => {
                if let Some(at) = find(&self.held, &self.delimiter) {
                    let rest = self.held.split_off(at + self.delimiter.len());
                    let mut body = mem::replace(&mut self.held, rest);
                    body.truncate(at);
                    tell(body, pieces);
                    pieces.push(Piece::End);
                    self.place = Place::Behind;
                    return Ok(true);
                }
                let keep = self.delimiter.len() - 1;
                if self.held.len() > keep {
                    let rest = self.held.split_off(self.held.len() - keep);
                    tell(mem::replace(&mut self.held, rest), pieces);
                }
                Ok(false)
            }
            Place::Over => Ok(false),
        }
    }
}

fn tell(bytes: Vec<u8>, pieces: &mut Vec<Piece>) {
    if !bytes.is_empty() {
        pieces.push(Piece::Bytes(bytes.into()));
    }
}

/// Where `what` begins. Its first byte is looked for alone, which is quick: it is rare.
fn find(among: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = among.get(from..)?.iter().position(|byte| *byte == first) {
        let at = from + at;
        if among.get(at..)?.starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// The boundary of a content type (RFC 2045 section 5.1), quoted or not.
fn boundary_of(content_type: &str) -> Option<String> {
    let kind = content_type.split(';').next()?.trim();
    if !kind.eq_ignore_ascii_case("multipart/related") {
        return None;
    }
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (value, next) = match behind.strip_prefix('"') {
            Some(quoted) => {
                let (value, next) = quoted.split_once('"')?;
                (value, next.split_once(';').map_or("", |(_, next)| next))
            }
            None => behind.split_once(';').unwrap_or((behind, "")),
        };
        if name.trim().eq_ignore_ascii_case("boundary") {
            let value = value.trim();
            let is_good = |byte: u8| (b' '..0x7f).contains(&byte);
            let fits = (1..=MAX_BOUNDARY).contains(&value.len()) && value.bytes().all(is_good);
            return fits.then(|| value.to_owned());
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/related; type=\"application/dicom\"; boundary=\"b;1\"";

    /// The parts of a body that comes in chunks of that size.
    fn parts(body: &[u8], size: usize) -> Result<Vec<Vec<u8>>, PartsFault> {
        let mut machine = Parts::new(KIND)?;
        let mut found: Vec<Vec<u8>> = Vec::new();
        let mut is_open = false;
        for chunk in body.chunks(size) {
            for piece in machine.take(chunk)? {
                match piece {
                    Piece::Begin => {
                        assert!(!is_open, "a part begins within another");
                        is_open = true;
                        found.push(Vec::new());
                    }
                    Piece::Bytes(bytes) => found.last_mut().unwrap().extend_from_slice(&bytes),
                    Piece::End => {
                        assert!(is_open);
                        is_open = false;
                    }
                }
            }
        }
        machine.finish().map(|()| found)
    }

    #[test]
    fn parts_are_found_however_they_come() {
        let body = b"noise\r\n--b;1\r\nContent-Type: application/dicom\r\n\r\none\r\n--b;\r\n\r\n--b;1\r\nA: b\r\nC: d\r\n\r\n\
            \r\n--b;1 \r\n\r\ntwo\r\r\n--b;1--\r\nepilogue \r\n--b;1\r\n";
        let expected: Vec<Vec<u8>> = vec![b"one\r\n--b;\r\n".to_vec(), b"".to_vec(), b"two\r".to_vec()];
        for size in 1..=body.len() {
            assert_eq!(parts(body, size).as_ref(), Ok(&expected), "chunks of {size}");
        }
    }

    #[test]
    fn the_first_boundary_may_be_the_first_line_and_there_may_be_no_part() {
        assert_eq!(parts(b"--b;1\r\n\r\nx\r\n--b;1--", 3), Ok(vec![b"x".to_vec()]));
        assert_eq!(parts(b"--b;1--\r\n", 1), Ok(vec![]));
    }

    #[test]
    fn what_has_no_end_is_told() {
        for cut in ["", "--b;1\r\n", "--b;1\r\nA: b\r\n", "--b;1\r\n\r\nbytes", "--b;1\r\n\r\nbytes\r\n--b;"]
        {
            assert_eq!(parts(cut.as_bytes(), 7), Err(PartsFault::Cut), "{cut}");
        }
        let head = [b"--b;1\r\n".as_slice(), &vec![b'a'; MAX_HEAD + 9]].concat();
        assert_eq!(parts(&head, 1000), Err(PartsFault::LongHead));
        assert_eq!(parts(&vec![b'a'; MAX_PREAMBLE + 9], 1000), Err(PartsFault::Malformed));
        assert_eq!(parts(b"--b;1x\r\n\r\n", 4), Err(PartsFault::Malformed));
    }

    #[test]
    fn of_a_long_part_next_to_nothing_is_held() {
        let mut machine = Parts::new(KIND).unwrap();
        machine.take(b"--b;1\r\n\r\n").unwrap();
        for _ in 0..100 {
            machine.take(&[b'\r'; 4096]).unwrap();
            assert!(machine.held.len() < 10, "{}", machine.held.len());
        }
    }

    #[test]
    fn the_boundary_is_read_quoted_or_not() {
        for (kind, expected) in [
            ("multipart/related; boundary=abc", Some("abc")),
            ("Multipart/Related;type=\"application/dicom\";BOUNDARY=\"a b\"", Some("a b")),
            ("multipart/related; start=\"<x;boundary=no>\"; boundary=yes; x=y", Some("yes")),
            ("multipart/related; boundary=", None),
            ("multipart/related", None),
            ("multipart/form-data; boundary=abc", None),
            ("application/dicom", None),
        ] {
            assert_eq!(boundary_of(kind).as_deref(), expected, "{kind}");
        }
        assert!(boundary_of(&format!("multipart/related; boundary={}", "a".repeat(71))).is_none());
    }
}
