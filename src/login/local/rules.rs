//! What a user name and a password must be, and when tries lock. Pure.

use std::net::IpAddr;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// After so many wrong tries in a row from one network the user name is locked for that network: whoever knows a name does not keep its
/// owner out.
pub const TRIES_BEFORE_LOCK: u32 = 5;
/// After so many from all networks it is locked for everybody.
pub const TRIES_FROM_ANYWHERE: u32 = 30;
/// For so long.
pub const LOCK: TimeDelta = TimeDelta::minutes(15);
/// Wrong tries are forgotten after this time.
pub const TRIES_KEPT: TimeDelta = TimeDelta::hours(24);

/// A name by which a local account is known: lower case, so that nobody has to remember capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a user name has 3 to 40 letters, digits, dots, dashes or underscores")]
pub struct BadUserName;

impl UserName {
    const LENGTH: std::ops::RangeInclusive<usize> = 3..=40;

    /// Reads what somebody typed.
    ///
    /// # Errors
    /// If it has other signs, or is too short or too long.
    pub fn read(typed: &str) -> Result<Self, BadUserName> {
        let name = typed.trim().to_ascii_lowercase();
        let is_sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let is_good = Self::LENGTH.contains(&name.len()) && name.bytes().all(is_sign);
        if is_good { Ok(Self(name)) } else { Err(BadUserName) }
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Under which tries for a name are counted, whatever was typed: people type passwords into the wrong field.
pub(super) fn tries_key(typed: &str) -> [u8; 32] {
    Sha256::digest(typed.trim().to_ascii_lowercase()).into()
}

/// Under which those are counted that come from one network: an IPv4 address, or the /64 of one of IPv6, which a household has as a whole.
pub(super) fn tries_key_from(typed: &str, address: Option<&str>) -> [u8; 32] {
    let network =
        match address.and_then(|address| address.parse::<IpAddr>().ok()).map(|known| known.to_canonical()) {
            Some(IpAddr::V6(v6)) => (v6.to_bits() >> 64).to_string(),
            Some(IpAddr::V4(v4)) => v4.to_string(),
            None => "unknown".to_owned(),
        };
    Sha256::new().chain_update(tries_key(typed)).chain_update(network).finalize().into()
}

/// Why a password is not taken (NIST SP 800-63B-4 section 3.1.1.2: long, and not to be guessed from what is known; no rules of signs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadPassword {
    #[error("a password has at least {} characters", MIN_PASSWORD)]
    Short,
    #[error("a password has at most {} characters", MAX_PASSWORD)]
    Long,
    #[error("the password can be guessed")]
    Guessable,
}

/// Characters that a password has at least.
pub const MIN_PASSWORD: usize = 12;
/// Characters that it has at most: whoever hashes has a bound.
pub const MAX_PASSWORD: usize = 256;
/// Different characters that it has at least.
const MIN_DIFFERENT: usize = 6;
/// What every list of guesses begins with.
const GUESSED_FIRST: [&str; 12] = [
    "password",
    "motdepasse",
    "administrat",
    "azerty",
    "qwerty",
    "12345",
    "hopital",
    "hospital",
    "parvis",
    "letmein",
    "iloveyou",
    "bienvenue",
];

/// Whether a password may be chosen by whoever has that user name.
///
/// # Errors
/// What is wrong with it.
pub fn check_password(password: &str, user_name: &UserName) -> Result<(), BadPassword> {
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return Err(BadPassword::Short);
    }
    if length > MAX_PASSWORD {
        return Err(BadPassword::Long);
    }
    let mut signs: Vec<char> = password.chars().collect();
    signs.sort_unstable();
    signs.dedup();
    let plain = password.to_lowercase();
    // What is left when the guessable parts are gone must be worth something by itself.
    let mut rest = plain.replace(user_name.as_str(), "");
    for guess in GUESSED_FIRST {
        rest = rest.replace(guess, "");
    }
    if signs.len() < MIN_DIFFERENT || rest.chars().count() < MIN_PASSWORD / 2 {
        return Err(BadPassword::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_plain_and_know_no_capitals() {
        for (typed, kept) in [("Admin.Secours", "admin.secours"), ("  a-b ", "a-b"), ("x_9", "x_9")] {
            assert_eq!(UserName::read(typed).unwrap().as_str(), kept);
        }
        let long = "a".repeat(41);
        for bad in ["", "ab", "a b", "é-admin", "a/b/c", "<script>", "a\0bc", long.as_str()] {
            assert_eq!(UserName::read(bad), Err(BadUserName), "{bad}");
        }
        assert_eq!(tries_key(" ADMIN "), tries_key("admin"));
    }

    #[test]
    fn tries_are_counted_by_network() {
        let key = |address| tries_key_from("admin", address);
        assert_eq!(key(Some("2001:db8:1:2::7")), key(Some("2001:db8:1:2:ffff::1")), "one household");
        assert_eq!(key(Some("192.0.2.7")), key(Some("::ffff:192.0.2.7")));
        assert_eq!(key(None), key(Some("no address")));
        let different = [
            key(Some("2001:db8:1:2::7")),
            key(Some("2001:db8:1:3::7")),
            key(Some("192.0.2.7")),
            key(Some("192.0.2.8")),
            key(None),
            tries_key_from("other", None),
            tries_key("admin"),
        ];
        for (place, one) in different.iter().enumerate() {
            assert!(!different[..place].contains(one), "{place}");
        }
    }

    #[test]
    fn passwords_are_long_and_not_what_everybody_tries() {
        let name = UserName::read("secours").unwrap();
        for good in ["quatre chevaux bleus", "Xk7#pQ2!vLm9", "日本語のとても長い合言葉です"] {
            assert_eq!(check_password(good, &name), Ok(()), "{good}");
        }
        assert_eq!(check_password("court", &name), Err(BadPassword::Short));
        assert_eq!(check_password(&"ab3!xyzq".repeat(40), &name), Err(BadPassword::Long));
        for guessed in
            ["aaaaaaaaaaaaaaaa", "password12345", "secourssecours1", "Motdepasse123!", "abababababababab"]
        {
            assert_eq!(check_password(guessed, &name), Err(BadPassword::Guessable), "{guessed}");
        }
    }
}
