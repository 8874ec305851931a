//! `[acme]`: certificates that are ordered from an authority.

use std::fmt::Write as _;
use std::path::PathBuf;

use url::Url;

use super::reader::Reader;
use super::sections::Writer;
use crate::secret::Secret;

/// The authority and the account there. Without `directory` nothing is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSection {
    pub directory: Url,
    pub contact: Option<String>,
    pub folder: PathBuf,
    /// Who vouches for the directory, when this machine does not know them.
    pub root: Option<PathBuf>,
    pub eab_key_id: Option<String>,
    /// `PARVIS_ACME_EAB_HMAC_KEY` wins over the file.
    pub eab_hmac_key: Option<Secret<String>>,
}

impl AcmeSection {
    pub(super) fn read(
        reader: &mut Reader,
        is_tls_by_file: bool,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let s = "acme";
        let directory = reader.parsed(s, "directory", None, |text| match Url::parse(text) {
            Ok(url) if url.scheme() == "https" => Ok(Some(url)),
            _ => Err("must begin with https://".to_owned()),
        });
        let is_agreed = reader.parsed(s, "terms_of_service", false, |text| match text {
            "agreed" => Ok(true),
            _ => Err("must be agreed".to_owned()),
        });
        let contact = reader.parsed(s, "contact", None, |text| {
            let is_mail = text.strip_prefix("mailto:").is_some_and(|address| address.contains('@'));
            if is_mail { Ok(Some(text.to_owned())) } else { Err("must begin with mailto:".to_owned()) }
        });
        let folder = reader.text(s, "folder").unwrap_or_else(|| "/var/lib/parvis/acme".to_owned()).into();
        let root = reader.text(s, "root").map(PathBuf::from);
        let eab_key_id = reader.text(s, "eab_key_id");
        let in_file = reader.text(s, "eab_hmac_key");
        let eab_hmac_key = environment("PARVIS_ACME_EAB_HMAC_KEY").or(in_file).map(Secret::new);
        let directory = directory?;
        if !is_agreed {
            reader.mistake(s, "terms_of_service", "must be agreed: read those of the authority first");
        }
        if is_tls_by_file {
            reader.mistake(
                s,
                "directory",
                "is for certificates that are ordered; tls_certificate in [http] is one that is there",
            );
        }
        if eab_key_id.is_some() != eab_hmac_key.is_some() {
            reader.mistake(s, "eab_key_id", "eab_key_id and eab_hmac_key go together");
        }
        Some(Self { directory, contact, folder, root, eab_key_id, eab_hmac_key })
    }

    pub(super) fn write(&self, out: &mut String) {
        Writer::section(out, "acme")
            .text("directory", &self.directory)
            .text("terms_of_service", "agreed")
            .optional("contact", self.contact.as_ref())
            .text("folder", self.folder.display())
            .optional("root", self.root.as_ref().map(|path| path.display()))
            .optional("eab_key_id", self.eab_key_id.as_ref());
        if self.eab_hmac_key.is_some() {
            let _ = writeln!(out, "# eab_hmac_key = \"[secret]\"");
        }
    }
}
