//! From what the provider says of a person to a name and roles here. Pure.

use serde_json::{Map, Value};

use super::RoleRule;
use crate::clinical::{Appointment, StaffRole};
use crate::secret::Pii;

/// Everything that a provider said of a person.
pub(super) type Claims = Map<String, Value>;

/// The roles that the rules give for these claims, sorted, each once.
pub(super) fn roles(rules: &[RoleRule], claims: &Claims) -> Vec<StaffRole> {
    let matches = |rule: &&RoleRule| find(claims, &rule.claim).is_some_and(|value| holds(value, &rule.value));
    let mut roles: Vec<_> = rules.iter().filter(matches).map(|rule| rule.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The person's name: the claim of the settings, else what OpenID Connect Core 1.0 section 5.1 offers.
pub(super) fn name(claim: &str, claims: &Claims) -> Option<Pii<String>> {
    let word =
        |path: &str| find(claims, path).and_then(Value::as_str).map(clean).filter(|name| !name.is_empty());
    let both = || Some(clean(&format!("{} {}", word("given_name")?, word("family_name")?)));
    word(claim).or_else(|| word("name")).or_else(both).or_else(|| word("preferred_username")).map(Pii::new)
}

/// A claim by its whole name (which may have dots), else by the path of its parts.
fn find<'a>(claims: &'a Claims, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}

fn holds(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(values) => values.iter().any(|value| value.as_str() == Some(wanted)),
        _ => false,
    }
}

/// One line, of a length that a screen can show.
fn clean(name: &str) -> String {
    let line: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<_> = line.split_whitespace().collect();
    words.join(" ").chars().take(Appointment::MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    fn rule(claim: &str, value: &str, role: StaffRole) -> RoleRule {
        RoleRule { claim: claim.to_owned(), value: value.to_owned(), role }
    }

    #[test]
    fn roles_come_from_texts_lists_and_paths() {
        let rules = [
            rule("groups", "doctors", StaffRole::Doctor),
            rule("realm_access.roles", "admin", StaffRole::Administrator),
            rule("https://hospital.example/role", "desk", StaffRole::Secretary),
            rule("groups", "radiology", StaffRole::Radiologist),
            rule("groups", "physicians", StaffRole::Doctor),
        ];
        let given = |value| roles(&rules, &claims(value));
        assert_eq!(given(json!({ "groups": ["physicians", "doctors", "x"] })), [StaffRole::Doctor]);
        assert_eq!(given(json!({ "groups": "radiology" })), [StaffRole::Radiologist]);
        assert_eq!(given(json!({ "realm_access": { "roles": ["admin"] } })), [StaffRole::Administrator]);
        assert_eq!(given(json!({ "https://hospital.example/role": "desk" })), [StaffRole::Secretary]);
        assert_eq!(
            given(json!({ "groups": ["radiology"], "realm_access": { "roles": ["admin"] } })),
            [StaffRole::Radiologist, StaffRole::Administrator]
        );
    }

    #[test]
    fn nothing_near_a_rule_gives_a_role() {
        let rules = [rule("groups", "doctors", StaffRole::Doctor), rule("a.b", "1", StaffRole::Doctor)];
        for value in [
            json!({}),
            json!({ "groups": null }),
            json!({ "groups": "doctors2" }),
            json!({ "groups": "nurses doctors" }),
            json!({ "groups": ["Doctors", ["doctors"]] }),
            json!({ "groups": { "doctors": true } }),
            json!({ "group": ["doctors"] }),
            json!({ "a": { "b": 1 } }),
            json!({ "a": ["b", "1"] }),
        ] {
            assert!(roles(&rules, &claims(value.clone())).is_empty(), "{value}");
        }
    }

    #[test]
    fn names_fall_back_and_are_one_line() {
        let named = |value| name("display", &claims(value)).map(Pii::into_inner);
        assert_eq!(named(json!({ "display": "Dr  A\r\nB", "name": "C" })).as_deref(), Some("Dr A B"));
        assert_eq!(named(json!({ "display": "  ", "name": "C" })).as_deref(), Some("C"));
        assert_eq!(
            named(json!({ "given_name": "Ana", "family_name": "Le Goff" })).as_deref(),
            Some("Ana Le Goff")
        );
        assert_eq!(
            named(json!({ "given_name": "Ana", "preferred_username": "ana" })).as_deref(),
            Some("ana")
        );
        assert_eq!(named(json!({ "name": 3 })), None);
        let long = named(json!({ "name": "é".repeat(1000) })).unwrap();
        assert_eq!(long.chars().count(), Appointment::MAX_NAME);
    }
}
