//! From what the provider says of a person to a name, a subject, roles and activities here. Pure.

use serde_json::{Map, Value};

use super::{ProviderSettings, RoleRule};
use crate::clinical::{Appointment, StaffRole};
use crate::secret::Pii;

/// Everything that a provider said of a person.
pub(super) type Claims = Map<String, Value>;

/// More activities than these are not offered.
const MOST_ACTIVITIES: usize = 50;

/// The roles that the rules give for these claims, sorted, each once.
pub(super) fn roles(rules: &[RoleRule], claims: &Claims) -> Vec<StaffRole> {
    let matches =
        |rule: &&RoleRule| find(claims, &rule.claim).into_iter().any(|value| holds(value, &rule.value));
    let mut roles: Vec<_> = rules.iter().filter(matches).map(|rule| rule.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The person's name: the claim of the settings, else what OpenID Connect Core 1.0 section 5.1 offers.
pub(super) fn name(claim: &str, claims: &Claims) -> Option<Pii<String>> {
    let word = |path: &str| word(claims, path).map(clean).filter(|name| !name.is_empty());
    let both = || Some(clean(&format!("{} {}", word("given_name")?, word("family_name")?)));
    word(claim).or_else(|| word("name")).or_else(both).or_else(|| word("preferred_username")).map(Pii::new)
}

/// By whom a person is known here. Nothing else stands in for a claim that is not there: it would make somebody else of them.
pub(super) fn subject(claim: &str, claims: &Claims) -> Option<Pii<String>> {
    const LONGEST: usize = 255;
    let subject = word(claims, claim)?;
    let is_plain = (1..=LONGEST).contains(&subject.len()) && !subject.chars().any(char::is_control);
    is_plain.then(|| Pii::new(subject.to_owned()))
}

/// The activities in which a person may work, as a screen names them, each once.
pub(super) fn activities(settings: &ProviderSettings, claims: &Claims) -> Vec<String> {
    let Some(path) = &settings.activities_claim else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    let all = find(claims, path).into_iter().flat_map(|value| match value {
        Value::Array(values) => values.iter().collect(),
        other => vec![other],
    });
    for activity in all.take(MOST_ACTIVITIES) {
        let name = match activity {
            Value::String(name) => clean(name),
            Value::Object(fields) => {
                let words = settings.activity_names.iter().filter_map(|field| word(fields, field));
                clean(&words.filter(|word| !word.trim().is_empty()).collect::<Vec<_>>().join(", "))
            }
            _ => continue,
        };
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn word<'a>(claims: &'a Claims, path: &str) -> Option<&'a str> {
    find(claims, path).into_iter().find_map(Value::as_str)
}

/// A claim by its whole name (which may have dots), else what the path of its parts leads to: a list on the way stands for each
/// of its elements.
fn find<'a>(claims: &'a Claims, path: &str) -> Vec<&'a Value> {
    if let Some(value) = claims.get(path) {
        return vec![value];
    }
    let Some((first, rest)) = path.split_once('.') else { return Vec::new() };
    match claims.get(first) {
        Some(Value::Object(inner)) => find(inner, rest),
        Some(Value::Array(values)) => {
            values.iter().filter_map(Value::as_object).flat_map(|inner| find(inner, rest)).collect()
        }
        _ => Vec::new(),
    }
}

fn holds(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(values) => values.iter().any(|value| value.as_str() == Some(wanted)),
        _ => false,
    }
}

/// One line, of a length that a screen can show.
pub(super) fn clean(name: &str) -> String {
    let line: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<_> = line.split_whitespace().collect();
    words.join(" ").chars().take(Appointment::MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::login::ClientAuthentication;
    use crate::secret::Secret;

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
            json!({ "a": [{ "b": 1 }, ["b", "1"]] }),
        ] {
            assert!(roles(&rules, &claims(value.clone())).is_empty(), "{value}");
        }
    }

    /// As Pro Santé Connect describes a professional.
    fn professional() -> Claims {
        claims(json!({
            "sub": "f:550dc1c8:899700000001",
            "SubjectNameID": "899700000001",
            "SubjectRefPro": { "exercices": [
                { "codeProfession": "10", "activities": [
                    { "raisonSocialeSite": "CHU de Lyon", "codeSecteurDactivite": "SA01" },
                    { "raisonSocialeSite": "  ", "codeSecteurDactivite": "SA07" },
                ] },
                { "codeProfession": "60", "activities": [
                    { "raisonSocialeSite": "Maison de santé\nBellecour" },
                    { "raisonSocialeSite": "CHU de Lyon", "codeSecteurDactivite": "SA01" },
                    3,
                ] },
            ] },
        }))
    }

    fn provider() -> ProviderSettings {
        let secret = ClientAuthentication::Post(Secret::new(String::new()));
        ProviderSettings {
            activities_claim: Some("SubjectRefPro.exercices.activities".to_owned()),
            activity_names: ["raisonSocialeSite", "codeSecteurDactivite"].map(str::to_owned).to_vec(),
            ..ProviderSettings::new("psc", "https://psc.example", "parvis", secret, vec![])
        }
    }

    #[test]
    fn a_list_on_the_way_stands_for_each_of_its_elements() {
        let rules = [
            rule("SubjectRefPro.exercices.codeProfession", "60", StaffRole::Secretary),
            rule("SubjectRefPro.exercices.codeProfession", "10", StaffRole::Doctor),
            rule("SubjectRefPro.exercices.codeProfession", "1", StaffRole::Administrator),
            rule("SubjectRefPro.codeProfession", "10", StaffRole::Radiologist),
        ];
        assert_eq!(roles(&rules, &professional()), [StaffRole::Secretary, StaffRole::Doctor]);
    }

    #[test]
    fn activities_are_named_by_what_is_known_of_them_each_once() {
        let named = activities(&provider(), &professional());
        assert_eq!(named, ["CHU de Lyon, SA01", "SA07", "Maison de santé Bellecour"]);
        let plain = ProviderSettings { activities_claim: Some("x".to_owned()), ..provider() };
        assert_eq!(activities(&plain, &claims(json!({ "x": ["A", "A", "", 3] }))), ["A"]);
        assert!(activities(&plain, &professional()).is_empty());
        let many: Vec<_> = (0..500).map(|n| n.to_string()).collect();
        assert_eq!(activities(&plain, &claims(json!({ "x": many }))).len(), MOST_ACTIVITIES);
    }

    #[test]
    fn a_subject_is_the_claim_of_the_settings_and_nothing_else() {
        let is = |claim| subject(claim, &professional()).map(Pii::into_inner);
        assert_eq!(is("SubjectNameID").as_deref(), Some("899700000001"));
        assert_eq!(is("sub").as_deref(), Some("f:550dc1c8:899700000001"));
        assert_eq!(is("rpps"), None);
        for bad in [json!({ "n": null }), json!({ "n": "" }), json!({ "n": 7 }), json!({ "n": "a\u{0}" })] {
            assert_eq!(subject("n", &claims(bad.clone())), None, "{bad}");
        }
        assert_eq!(subject("n", &claims(json!({ "n": "x".repeat(256) }))), None);
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
