//! How sure it is that somebody is who they are taken for, by the way they came in. It is told to everybody beside the name.

/// What somebody showed on the way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// The personal link and nothing else: whoever holds it, holds it.
    LinkOnly,
    /// Staff called the number that was booked, and let them in from there.
    Telephone,
    /// The link, and a code, a PIN or a date of birth beside it.
    LinkAndCode,
    /// Signed in by an identity provider.
    SignedIn,
}

impl Assurance {
    /// Every one, from the weakest on.
    pub const ALL: [Self; 4] = [Self::LinkOnly, Self::Telephone, Self::LinkAndCode, Self::SignedIn];

    /// Whoever admits this person is asked to look who it is.
    pub fn asks_for_a_look(self) -> bool {
        self == Self::LinkOnly
    }
}
