//! docs/security.md names tests, and they exist.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Whether a file of that module holds a test of that name.
fn exists(name: &str, sources: &[(PathBuf, String)]) -> bool {
    let mut parts: Vec<_> = name.split("::").collect();
    let function = parts.pop().unwrap();
    let module = parts.iter().rev().find(|part| **part != "tests").copied().unwrap_or_default();
    sources.iter().any(|(path, text)| {
        let is_there = path.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part == module || part.strip_suffix(".rs") == Some(module)
        });
        let at = text.find(&format!("fn {function}("));
        // The attribute stands right before it, perhaps with what the test is about in between.
        is_there
            && at.is_some_and(|at| {
                let before: Vec<_> = text[..at].lines().rev().take(6).collect();
                before.iter().any(|line| line.contains("#[test]") || line.contains("#[tokio::test"))
                    || text[..at].trim_end().ends_with("#[test]")
            })
    })
}

fn named(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::") && !name.contains(' ')).collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let page = fs::read_to_string("docs/security.md").unwrap();
    let mut all = Vec::new();
    for folder in ["src", "tests/it"] {
        sources(Path::new(folder), &mut all);
    }
    let names = named(&page);
    assert!(names.len() > 50, "{}", names.len());
    let missing: Vec<_> = names.into_iter().filter(|name| !exists(name, &all)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!exists("edge::there_is_no_such_test", &all) && !exists("edge::routes", &all));
    // Every line of the tables names one.
    for line in page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("---") && !line.contains("shown by"))
    {
        assert!(line.contains("::"), "{line}");
    }
}
