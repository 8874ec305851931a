//! Master keys: where they come from, which is the current one, and what they wrap.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest;
use zeroize::Zeroizing;

use super::{DataKey, KeyError, Wrapped};
use crate::clock::Clock;
use crate::secret::Secret;

/// The longest file or text of keys that is read, in bytes.
const MAX_BYTES: u64 = 1 << 16;

/// Where master keys come from. One a line, 32 bytes in base64; the first is the current one, the others open what they sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file that only its owner may read. It may also hold the 32 bytes of one key as they are.
    File(PathBuf),
    /// The same, of the service manager's making, which is not written here. Its folder lets nobody else in; where systemd lets the user of
    /// the service read it by an access control list, the file looks as if its group might.
    Credential(PathBuf),
    /// A text, and the name of where it was: an environment variable.
    Text(Secret<String>, String),
}

/// Names a master key: the start of a SHA-256 of it. No secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterId(pub [u8; 8]);

impl fmt::Display for MasterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MasterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The master keys of this process. Cheap to clone. A file of keys that was changed is read anew when a key in it is needed, so that
/// keys are changed under a gateway that runs.
#[derive(Clone)]
pub struct MasterKeys(Arc<Inner>);

struct Inner {
    /// `None`: keys of a test or a demonstration that live as long as this.
    source: Option<KeySource>,
    clock: Clock,
    held: RwLock<Held>,
}

struct Held {
    /// At least one; the first is the current one.
    masters: Vec<Master>,
    /// What the file was like when it was read.
    stamp: Option<Stamp>,
}

type Stamp = (i64, i64, u64, u64);

struct Master {
    id: MasterId,
    key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKeys").field("ids", &self.ids()).finish_non_exhaustive()
    }
}

impl Master {
    fn new(key: Zeroizing<[u8; 32]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"parvis master key");
        context.update(&*key);
        let mut id = [0; 8];
        id.copy_from_slice(&context.finish().as_ref()[..8]);
        Self { id: MasterId(id), key }
    }

    /// What wraps with it; the key itself does nothing else.
    fn wrapping(&self) -> Result<LessSafeKey, KeyError> {
        let key = DataKey(self.key.clone()).derive(&[b"parvis wrap"]);
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| KeyError::Damaged)?))
    }
}

impl MasterKeys {
    /// Reads them.
    ///
    /// # Errors
    /// If there is none, or what is there is none; the sentence says what to do.
    pub fn open(source: Option<KeySource>, clock: Clock) -> Result<Self, KeyError> {
        let source = source.ok_or(KeyError::None)?;
        let held = read(&source)?;
        Ok(Self(Arc::new(Inner { source: Some(source), clock, held: RwLock::new(held) })))
    }

    /// Keys that are nowhere but here: for tests, and for what is gone with the process.
    pub fn passing(keys: &[[u8; 32]], clock: Clock) -> Self {
        let mut masters: Vec<_> = keys.iter().map(|key| Master::new(Zeroizing::new(*key))).collect();
        if masters.is_empty() {
            masters.push(Master::new(Zeroizing::new(clock.random_bytes())));
        }
        let held = RwLock::new(Held { masters, stamp: None });
        Self(Arc::new(Inner { source: None, clock, held }))
    }

    /// Makes a file with one new key, which only its owner may read. One that is there is left as it is.
    ///
    /// # Errors
    /// If it cannot be written; [`ErrorKind::AlreadyExists`] inside when it is there.
    pub fn make_file(path: &Path, clock: &Clock) -> Result<(), KeyError> {
        let failed = |error| KeyError::Write(path.to_owned(), error);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let line = Zeroizing::new(line(&clock.random_bytes()));
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// A new key as a line, for wherever keys are kept.
    pub fn new_line(clock: &Clock) -> Secret<String> {
        Secret::new(line(&Zeroizing::new(clock.random_bytes())))
    }

    /// The names of all, the current one first.
    pub fn ids(&self) -> Vec<MasterId> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        held.masters.iter().map(|master| master.id).collect()
    }

    /// The name of the one that wraps.
    ///
    /// # Errors
    /// If there is none.
    pub fn current(&self) -> Result<MasterId, KeyError> {
        self.look_again()?;
        self.ids().first().copied().ok_or(KeyError::None)
    }

    /// Wraps a data key with the current master key. `about`: what the key is for; it opens for nothing else.
    ///
    /// # Errors
    /// If the file of keys was changed into something that is none.
    pub fn wrap(&self, key: &DataKey, about: &str) -> Result<Wrapped, KeyError> {
        self.look_again()?;
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        let master = held.masters.first().ok_or(KeyError::None)?;
        let nonce: [u8; 12] = self.0.clock.random_bytes();
        let mut bytes = Zeroizing::new(*key.0);
        let tag = master
            .wrapping()?
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about.as_bytes()),
                &mut *bytes,
            )
            .map_err(|_| KeyError::Damaged)?;
        let mut sealed = [0; 48];
        sealed[..32].copy_from_slice(&*bytes);
        sealed[32..].copy_from_slice(tag.as_ref());
        Ok(Wrapped { master: master.id, nonce, sealed })
    }

    /// Opens a wrapped data key.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] when its master key is not here; [`KeyError::Damaged`] when it was changed, or is for something else.
    pub fn unwrap(&self, wrapped: &Wrapped, about: &str) -> Result<DataKey, KeyError> {
        if !self.ids().contains(&wrapped.master) {
            self.look_again()?;
        }
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        let Some(master) = held.masters.iter().find(|master| master.id == wrapped.master) else {
            let given: Vec<_> = held.masters.iter().map(|master| master.id.to_string()).collect();
            return Err(KeyError::Unknown { wanted: wrapped.master, given: given.join(", ") });
        };
        let mut bytes = Zeroizing::new(wrapped.sealed);
        let nonce = Nonce::assume_unique_for_key(wrapped.nonce);
        let opened = master.wrapping()?.open_in_place(nonce, Aad::from(about.as_bytes()), &mut *bytes);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(opened.map_err(|_| KeyError::Damaged)?);
        Ok(DataKey(key))
    }

    /// Puts a new key first into the file, with all others behind it.
    ///
    /// # Errors
    /// If the keys do not come from a file that can be written.
    pub fn add_new(&self) -> Result<MasterId, KeyError> {
        let path = match &self.0.source {
            Some(KeySource::File(path)) => path.clone(),
            Some(KeySource::Text(_, name)) => return Err(KeyError::ReadOnly(name.clone())),
            Some(KeySource::Credential(path)) => {
                return Err(KeyError::ReadOnly(path.display().to_string()));
            }
            None => {
                let mut held = self.0.held.write().unwrap_or_else(PoisonError::into_inner);
                let master = Master::new(Zeroizing::new(self.0.clock.random_bytes()));
                let id = master.id;
                held.masters.insert(0, master);
                return Ok(id);
            }
        };
        self.look_again()?;
        let failed = |error| KeyError::Write(path.clone(), error);
        let mut text = Zeroizing::new(line(&Zeroizing::new(self.0.clock.random_bytes())));
        for master in &self.0.held.read().unwrap_or_else(PoisonError::into_inner).masters {
            text.push_str(&line(&master.key));
        }
        // Whole or not at all: half a file of keys would be the end of everything.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".master").tempfile_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        // Whoever calls this may be root, and the gateway somebody else.
        let owner = std::fs::metadata(&path).map_err(failed)?;
        fchown(file.as_file(), Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.look_again()?;
        self.current()
    }

    /// Reads the file of keys anew when it was changed.
    fn look_again(&self) -> Result<(), KeyError> {
        let Some(source @ (KeySource::File(path) | KeySource::Credential(path))) = &self.0.source else {
            return Ok(());
        };
        let stamp = std::fs::metadata(path).ok().as_ref().map(stamp);
        let known = self.0.held.read().unwrap_or_else(PoisonError::into_inner).stamp;
        // One that was taken away leaves what is known: the service manager may have hidden it after the start.
        if stamp.is_some() && stamp != known {
            *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = read(source)?;
        }
        Ok(())
    }
}

fn stamp(facts: &std::fs::Metadata) -> Stamp {
    (facts.mtime(), facts.mtime_nsec(), facts.ino(), facts.len())
}

fn read(source: &KeySource) -> Result<Held, KeyError> {
    match source {
        KeySource::Text(text, name) => {
            let masters = parse(text.expose()).ok_or_else(|| KeyError::Malformed(name.clone()))?;
            Ok(Held { masters, stamp: None })
        }
        KeySource::File(path) | KeySource::Credential(path) => {
            // Where a file has an access control list, its bits for the group are the most that the list gives to anybody.
            let others = if matches!(source, KeySource::Credential(_)) { 0o007 } else { 0o077 };
            let failed = |error| KeyError::File(path.clone(), error);
            let file = std::fs::File::open(path).map_err(failed)?;
            let facts = file.metadata().map_err(failed)?;
            if !facts.is_file() {
                return Err(failed(ErrorKind::InvalidInput.into()));
            }
            if facts.mode() & others != 0 {
                return Err(KeyError::Shared(path.clone()));
            }
            let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
            file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failed)?;
            let malformed = || KeyError::Malformed(path.display().to_string());
            let raw: Result<[u8; 32], _> = bytes.as_slice().try_into();
            let masters = match raw {
                Ok(key) => vec![Master::new(Zeroizing::new(key))],
                Err(_) => {
                    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
                    parse(text).ok_or_else(malformed)?
                }
            };
            Ok(Held { masters, stamp: Some(stamp(&facts)) })
        }
    }
}

/// Keys, one a line or with blanks between; lines with # are remarks. `None`: one is no key, or there is none.
fn parse(text: &str) -> Option<Vec<Master>> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.flat_map(|line| line.split([' ', '\t', ',']).filter(|word| !word.is_empty()));
    let keys: Option<Vec<_>> = words
        .map(|word| {
            let bytes = Zeroizing::new(STANDARD.decode(word).ok()?);
            let key: [u8; 32] = bytes.as_slice().try_into().ok()?;
            Some(Master::new(Zeroizing::new(key)))
        })
        .collect();
    keys.filter(|keys| !keys.is_empty())
}

fn line(key: &[u8; 32]) -> String {
    STANDARD.encode(key) + "\n"
}
