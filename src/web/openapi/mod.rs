//! The whole HTTP interface as an OpenAPI document (3.1), made from the functions that answer it: what they take and give is read from their
//! types, and the tables here add what a type does not say.
//!
//! `docs/openapi.json` is what this makes; a test holds the two against each other, and the document against the router.

mod guests;
mod operation;
mod settings;
mod signature;
mod staff;
mod visits;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::Json;
use axum::http::{Method, StatusCode};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use self::operation::{Operation, Shown};
use self::signature::Describes;
use super::extract::SignedIn;
use crate::login::LOGIN_COOKIE;
use crate::protocol::Problem;

/// What stands at the head of the document: what holds for every operation.
const ABOUT: &str = "\
Whatever changes something is asked for by the gateway's own pages: every request but `GET` and `HEAD` bears the gateway's own `Origin`, \
and `Sec-Fetch-Site`, where a browser sends it, says `same-origin`; else `foreign_origin`. Programs with a token read, and need neither. \
The two that have no page, a provider that signs somebody out and the hospital's mail server, need neither either.\n\n\
An answer that is no success is a `Problem` with a code from a closed list. What does not exist and what is not for whoever asks look alike: 404. \
Whoever asks too often hears `too_many`, with `Retry-After`.\n\n\
What holds for the whole hospital asks for a sign-in of a moment ago (`fresh_sign_in_needed`). \
Who may do what, by role, is in docs/permissions.md; messages of the WebSocket are in docs/protocol.md.";

/// Operations, and the schemas that they name.
struct Book {
    operations: Vec<Operation>,
    schemas: SchemaGenerator,
}

/// One operation as a table writes it.
struct Line<'a> {
    operation: &'a mut Operation,
    schemas: &'a mut SchemaGenerator,
}

impl Book {
    /// All that the tables say.
    fn written() -> Self {
        let schemas = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut book = Self { operations: Vec::new(), schemas: schemas.into_generator() };
        staff::write(&mut book);
        settings::write(&mut book);
        visits::write(&mut book);
        guests::write(&mut book);
        book
    }

    fn add<A, H: Describes<A>>(
        &mut self,
        (method, path): (Method, &'static str),
        _: H,
        summary: &'static str,
        who: &'static str,
    ) -> Line<'_> {
        let name = std::any::type_name::<H>();
        let name = name.split_once("::web::").map_or(name, |(_, name)| name);
        let mut operation = Operation::new(method, path, name, summary, who);
        H::describes(&mut operation, &mut self.schemas);
        self.operations.push(operation);
        let at = self.operations.len() - 1;
        Line { operation: &mut self.operations[at], schemas: &mut self.schemas }
    }

    fn get<A, H: Describes<A>>(
        &mut self,
        path: &'static str,
        function: H,
        summary: &'static str,
        who: &'static str,
    ) -> Line<'_> {
        self.add((Method::GET, path), function, summary, who)
    }

    fn post<A, H: Describes<A>>(
        &mut self,
        path: &'static str,
        function: H,
        summary: &'static str,
        who: &'static str,
    ) -> Line<'_> {
        self.add((Method::POST, path), function, summary, who)
    }

    fn put<A, H: Describes<A>>(
        &mut self,
        path: &'static str,
        function: H,
        summary: &'static str,
        who: &'static str,
    ) -> Line<'_> {
        self.add((Method::PUT, path), function, summary, who)
    }

    fn delete<A, H: Describes<A>>(
        &mut self,
        path: &'static str,
        function: H,
        summary: &'static str,
        who: &'static str,
    ) -> Line<'_> {
        self.add((Method::DELETE, path), function, summary, who)
    }

    /// The document.
    fn told(mut self) -> Value {
        self.schemas.subschema_for::<Problem>();
        let mut paths = Map::new();
        let (mut ids, mut tags) = (BTreeSet::new(), BTreeSet::new());
        for operation in &self.operations {
            let tag = operation.name.split("::").next().unwrap_or_default();
            tags.insert(tag);
            let mut id = operation.name.replace("::", ".");
            // One function may answer at two addresses.
            if !ids.insert(id.clone()) {
                id = format!("{id}.{}", operation.path.rsplit('/').next().unwrap_or_default());
                ids.insert(id.clone());
            }
            let item = paths.entry(operation.path).or_insert_with(|| json!({}));
            item[operation.method.as_str().to_lowercase()] = operation.told(&id, tag);
        }
        let tags: Vec<_> = tags.into_iter().map(|name| json!({ "name": name })).collect();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Parvis",
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
                "description": ABOUT,
            },
            "servers": [{ "url": "/" }],
            "tags": tags,
            "paths": paths,
            "components": {
                "responses": operation::refusals(),
                "schemas": self.schemas.take_definitions(true),
                "securitySchemes": schemes(),
            },
        })
    }
}

impl Line<'_> {
    /// Whoever asks shows this, or another of those that are named.
    fn by(self, shown: Shown) -> Self {
        self.operation.by(shown);
        self
    }

    /// ... or shows nothing.
    fn or_nobody(self) -> Self {
        self.operation.or_nobody();
        self
    }

    fn header(self, name: &str, words: &str) -> Self {
        self.operation.header(name, words);
        self
    }

    fn bytes(self, words: &str) -> Self {
        self.operation.bytes(words);
        self
    }

    /// It is answered by JSON of this type.
    fn tells<T: JsonSchema>(self) -> Self {
        self.operation.json::<T>(StatusCode::OK, self.schemas);
        self
    }

    /// The same, of something that was made.
    fn makes<T: JsonSchema>(self) -> Self {
        self.operation.json::<T>(StatusCode::CREATED, self.schemas);
        self
    }

    fn media(self, kinds: &[&str], words: &str) -> Self {
        self.operation.media(StatusCode::OK, kinds, words);
        self
    }

    fn empty(self, status: StatusCode, words: &str) -> Self {
        self.operation.empty(status, words);
        self
    }

    fn refuses_as(self, status: StatusCode, kinds: &[&str], words: &str) -> Self {
        self.operation.media(status, kinds, words);
        self
    }

    fn redirects(self) -> Self {
        self.operation.redirects();
        self
    }
}

/// What there is to show.
fn schemes() -> Map<String, Value> {
    let scheme = |shown| match shown {
        Shown::Login => json!({
            "type": "apiKey", "in": "cookie", "name": LOGIN_COOKIE,
            "description": "Staff: the cookie that a sign-in sets. What somebody may depends on their roles.",
        }),
        Shown::Link => json!({
            "type": "http", "scheme": "Link",
            "description": "Guests: `Authorization: Link <secret>`, the part of a personal link behind `#`. Where there is more to show, the \
                            pass in a cookie that `POST /api/guest/open` set stands beside it; else `pass_needed`.",
        }),
        Shown::Folder => json!({
            "type": "http", "scheme": "Link",
            "description": "`Authorization: Link <secret>` of a folder that is filled by a link.",
        }),
        Shown::Token => json!({
            "type": "http", "scheme": "bearer",
            "description": "Programs: a token that an administrator made. It reads what its scopes say of the services that it names.",
        }),
        Shown::MailServer => json!({
            "type": "http", "scheme": "bearer",
            "description": "The hospital's mail server: the secret of `[mail] bounce_secret`.",
        }),
    };
    Shown::ALL.into_iter().map(|shown| (shown.name().to_owned(), scheme(shown))).collect()
}

/// The document that `docs/openapi.json` holds.
///
/// # Errors
/// Names an operation that does not say what becomes of a request that is good.
pub fn document() -> Result<Value, String> {
    let book = Book::written();
    match book.operations.iter().find(|operation| !operation.is_answered()) {
        Some(operation) => Err(format!("{} {} is not answered", operation.method, operation.path)),
        None => Ok(book.told()),
    }
}

/// Method, address and function of each operation.
pub fn operations() -> Vec<(String, &'static str, &'static str)> {
    let told = |operation: Operation| (operation.method.to_string(), operation.path, operation.name);
    Book::written().operations.into_iter().map(told).collect()
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document().unwrap_or_default());

/// `GET /api/openapi.json`: for staff who are signed in. It holds nothing secret, and strangers need no map of the house.
pub(super) async fn show(_: SignedIn) -> Json<&'static Value> {
    Json(&DOCUMENT)
}
