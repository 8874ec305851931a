//! Codes by time (RFC 6238) and recovery codes. Pure.

use sha2::{Digest, Sha256};
use totp_rs::{Algorithm, Builder, Secret as Key, Totp};

use crate::secret::Secret;

/// Bytes of a shared key: as many as HMAC-SHA-1 gives (RFC 4226 section 4).
pub const KEY_BYTES: usize = 20;
/// Codes that are told at set-up.
pub(super) const RECOVERY_CODES: usize = 10;
/// Random bytes of each: 80 bits, in 16 letters.
pub(super) const RECOVERY_BYTES: usize = 10;

fn totp(key: &Secret<Vec<u8>>) -> Option<Totp> {
    // SHA-1, 6 digits and 30 seconds are what every app knows; one step before and after is good (RFC 6238 section 5.2).
    let builder =
        Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(30);
    builder.with_secret(key.expose().clone()).build().ok()
}

/// The step of time whose code this is, at `now_s` seconds of Unix time; whoever asks sees to it that no step counts twice.
pub fn step_of(key: &Secret<Vec<u8>>, typed: &str, now_s: u64) -> Option<u64> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    totp(key)?.check(&digits, now_s)
}

/// A key as an app takes it: its base32, and the address that a square code holds.
pub(super) fn for_an_app(key: &Secret<Vec<u8>>, user_name: &str, hospital: &str) -> Option<(String, String)> {
    let base32 = Key::from(key.expose().clone()).to_base32();
    let issuer: String = hospital.chars().filter(|c| *c != ':').collect();
    let totp = Builder::new()
        .with_secret(key.expose().clone())
        .with_account_name(user_name)
        .with_issuer(Some(issuer))
        .build()
        .ok()?;
    Some((base32, totp.to_url().ok()?))
}

/// A recovery code as people read and type it: four groups of four letters and digits, without those that look alike (Crockford's base32).
pub(super) fn recovery_code(random: [u8; RECOVERY_BYTES]) -> Secret<String> {
    const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bits = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut code = Vec::new();
    for place in 0..16 {
        if place > 0 && place % 4 == 0 {
            code.push(b'-');
        }
        code.push(SIGNS[(bits & 31) as usize]);
        bits >>= 5;
    }
    Secret::new(String::from_utf8(code).unwrap_or_default())
}

/// What is kept of a recovery code, however it was typed.
pub(super) fn recovery_digest(typed: &str) -> [u8; 32] {
    let plain: String = typed
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    Sha256::digest(plain).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let code = recovery_code([0xff, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10]);
        assert_eq!(code.expose().len(), 19);
        let typed = code.expose().to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
        assert_eq!(recovery_digest(&typed), recovery_digest(code.expose()));
        assert_ne!(recovery_digest("0000-0000-0000-0000"), recovery_digest(code.expose()));
        assert_ne!(recovery_code([1; 10]).expose(), recovery_code([2; 10]).expose());
    }

    #[test]
    fn an_app_is_told_key_name_and_hospital() {
        let key = Secret::new(b"12345678901234567890".to_vec());
        let (base32, url) = for_an_app(&key, "secours", "Hôpital : Nord").unwrap();
        assert_eq!(base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            url.starts_with("otpauth://totp/") && url.contains(&base32) && url.contains("secours"),
            "{url}"
        );
    }
}
