//! `[keys]`: where the master key comes from. It seals what is kept, and is kept apart from it.

use std::path::PathBuf;

use super::reader::Reader;
use super::sections::Writer;
use crate::secret::Secret;

/// The environment variable that wins over everything else.
pub const MASTER_KEY_VARIABLE: &str = "PARVIS_MASTER_KEY";
/// The name under which systemd hands a key to the service (`LoadCredential=parvis.key:...`).
const CREDENTIAL: &str = "parvis.key";

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Keys one a line, the current one first; only its owner may read it.
    pub file: Option<PathBuf>,
    /// The same as a text: `PARVIS_MASTER_KEY`, which wins over the file.
    pub text: Option<Secret<String>>,
    /// Where systemd has put its credential, when it did; used when nothing else is said.
    pub credential: Option<PathBuf>,
}

impl Keys {
    pub(super) fn read(reader: &mut Reader, environment: &impl Fn(&str) -> Option<String>) -> Self {
        let credential =
            environment("CREDENTIALS_DIRECTORY").map(|folder| PathBuf::from(folder).join(CREDENTIAL));
        Self {
            file: reader.text("keys", "file").map(PathBuf::from),
            text: environment(MASTER_KEY_VARIABLE).map(Secret::new),
            credential: credential.filter(|path| path.exists()),
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "keys").optional("file", self.file.as_ref().map(|file| file.display()));
    }
}
