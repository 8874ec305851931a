//! What `deny.toml` forbids, as far as the lock file shows it. Licences are looked at by `cargo deny` alone: CONTRIBUTING.md.

use toml::{Table, Value};

const RULES: &str = include_str!("../../deny.toml");
const LOCKED: &str = include_str!("../../Cargo.lock");

fn packages() -> Vec<Table> {
    let locked: Table = LOCKED.parse().unwrap();
    let packages = locked["package"].as_array().unwrap();
    packages.iter().map(|package| package.as_table().unwrap().clone()).collect()
}

/// Nothing ran these rules: a crate that they forbid could have come in with any other.
#[test]
fn no_crate_is_locked_that_the_rules_forbid() {
    let rules: Table = RULES.parse().unwrap();
    let denied = rules["bans"]["deny"].as_array().unwrap();
    let denied: Vec<_> = denied.iter().map(|rule| rule["crate"].as_str().unwrap()).collect();
    assert!(denied.contains(&"openssl"), "{denied:?}");
    let packages = packages();
    let names: Vec<_> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    assert!(names.contains(&"rustls"));
    let found: Vec<_> = names.iter().filter(|name| denied.contains(name)).collect();
    assert_eq!(found, [&""; 0], "deny.toml has the reasons");
}

#[test]
fn every_crate_comes_from_the_one_registry() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    for package in packages() {
        let source = package.get("source").and_then(Value::as_str);
        assert!(source.is_none_or(|source| source == registry), "{}: {source:?}", package["name"]);
        assert!(source.is_some() || package["name"].as_str() == Some("parvis"), "{}", package["name"]);
    }
}
