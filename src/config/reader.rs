//! Takes typed values out of a TOML table and collects every mistake on the way.

use toml::{Table, Value};

use super::Mistake;

pub(super) struct Reader {
    root: Table,
    mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn new(text: &str) -> Result<Self, Vec<Mistake>> {
        match text.parse() {
            Ok(root) => Ok(Self { root, mistakes: Vec::new() }),
            Err(error) => {
                let error: toml::de::Error = error;
                Err(vec![Mistake { key: String::new(), what: format!("not TOML: {}", error.message()) }])
            }
        }
    }

    pub(super) fn mistake(&mut self, section: &str, key: &str, what: impl Into<String>) {
        self.mistakes.push(Mistake { key: format!("{section}.{key}"), what: what.into() });
    }

    fn take(&mut self, section: &str, key: &str) -> Option<Value> {
        let mut table = &mut self.root;
        for part in section.split('.') {
            table = table.get_mut(part)?.as_table_mut()?;
        }
        table.remove(key)
    }

    /// A text that may be absent.
    pub(super) fn text(&mut self, section: &str, key: &str) -> Option<String> {
        match self.take(section, key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            Value::String(_) => {
                self.mistake(section, key, "must not be empty");
                None
            }
            other => {
                self.mistake(section, key, format!("must be a text, is {}", other.type_str()));
                None
            }
        }
    }

    /// A text that must be there; empty after a mistake.
    pub(super) fn needed_text(&mut self, section: &str, key: &str) -> String {
        let before = self.mistakes.len();
        let text = self.text(section, key);
        if text.is_none() && self.mistakes.len() == before {
            self.mistake(section, key, "is missing");
        }
        text.unwrap_or_default()
    }

    /// A text that is read by `parse`, which says what would be right.
    pub(super) fn parsed<T>(
        &mut self,
        section: &str,
        key: &str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        match self.text(section, key).map(|text| parse(&text)) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(what)) => {
                self.mistake(section, key, what);
                default
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        section: &str,
        key: &str,
        default: u64,
        within: std::ops::RangeInclusive<u64>,
    ) -> u64 {
        match self.take(section, key) {
            None => default,
            Some(Value::Integer(number))
                if u64::try_from(number).is_ok_and(|number| within.contains(&number)) =>
            {
                number.unsigned_abs()
            }
            Some(_) => {
                let what = format!("must be a whole number from {} to {}", within.start(), within.end());
                self.mistake(section, key, what);
                default
            }
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, section: &str, key: &str, default: &[&str]) -> Vec<String> {
        let default = || default.iter().map(|&text| text.to_owned()).collect();
        let Some(value) = self.take(section, key) else { return default() };
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.mistake(section, key, "must be a list of texts");
            default()
        })
    }

    /// A table of texts, in the order of its keys; `None` when it is absent.
    pub(super) fn table(&mut self, section: &str, key: &str) -> Option<Vec<(String, String)>> {
        let table = match self.take(section, key)? {
            Value::Table(table) => table,
            _ => {
                self.mistake(section, key, "must be a table");
                return None;
            }
        };
        let mut entries = Vec::new();
        for (name, value) in table {
            match value {
                Value::String(text) => entries.push((name, text)),
                _ => self.mistake(section, &format!("{key}.{name}"), "must be a text"),
            }
        }
        Some(entries)
    }

    /// Whether a section says nothing but these keys, if anything at all.
    pub(super) fn has_only(&self, section: &str, keys: &[&str]) -> bool {
        let table = self.root.get(section).and_then(Value::as_table);
        table.is_none_or(|table| table.keys().all(|key| keys.contains(&key.as_str())))
    }

    /// The names of the sections below `section.key`, in their order.
    pub(super) fn subsections(&mut self, section: &str, key: &str) -> Vec<String> {
        let names = |value: &Value| value.as_table().map(|table| table.keys().cloned().collect());
        let Some(table) = self.root.get(section).and_then(Value::as_table) else { return Vec::new() };
        match table.get(key).map(names) {
            None => Vec::new(),
            Some(Some(names)) => names,
            Some(None) => {
                self.mistake(section, key, "must hold sections");
                Vec::new()
            }
        }
    }

    /// Whatever nobody has taken of them is unknown.
    pub(super) fn end_subsections(&mut self, section: &str, key: &str) {
        let Some(Value::Table(rest)) = self.take(section, key) else { return };
        for (name, value) in rest {
            let section = format!("{section}.{key}");
            match value {
                Value::Table(table) => {
                    for key in table.keys() {
                        self.mistake(&section, &format!("{name}.{key}"), "unknown key");
                    }
                }
                _ => self.mistake(&section, &name, "must be a section"),
            }
        }
    }

    /// Whatever nobody has taken is unknown.
    pub(super) fn finish(mut self) -> Result<(), Vec<Mistake>> {
        const SECTIONS: [&str; 18] = [
            "hospital",
            "http",
            "acme",
            "database",
            "oidc",
            "media",
            "relay",
            "archive",
            "chat",
            "egress",
            "retention",
            "audit",
            "keys",
            "emergency",
            "metrics",
            "mail",
            "sms",
            "log",
        ];
        for (section, value) in std::mem::take(&mut self.root) {
            if !SECTIONS.contains(&section.as_str()) {
                let what = format!("unknown section; there are {}", SECTIONS.join(", "));
                self.mistakes.push(Mistake { key: section, what });
            } else if let Value::Table(table) = value {
                for key in table.keys() {
                    self.mistakes
                        .push(Mistake { key: format!("{section}.{key}"), what: "unknown key".into() });
                }
            } else {
                self.mistakes.push(Mistake { key: section, what: "must be a section".into() });
            }
        }
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }
}
