//! One operation: what it asks for and what it answers, as the types of its function say it, and in words what they do not say.

use axum::http::{Method, StatusCode};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// JSON, as axum sends it.
pub(super) const JSON: &str = "application/json";

/// Every refusal is a problem; what its status says of it.
const REFUSALS: [(&str, &str); 7] = [
    ("400", "The query or the body cannot be read."),
    ("401", "Nothing was shown that says who asks, or nothing that is good."),
    ("404", "It does not exist, or not for whoever asks."),
    ("413", "The body is too large."),
    ("415", "The body is of another kind."),
    ("4XX", "It was refused; `code` says why."),
    ("5XX", "This gateway has a fault, or no place for the request just now."),
];

/// Refusals, as the document holds them.
pub(super) fn refusals() -> Map<String, Value> {
    let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    let answer = |why| json!({ "description": why, "content": { "application/problem+json": problem } });
    REFUSALS.into_iter().map(|(status, why)| (format!("Refused{status}"), answer(why))).collect()
}

/// What shows who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The cookie of a login.
    Login,
    /// A guest's link.
    Link,
    /// The link of a folder that files are sent to.
    Folder,
    /// The token of a program.
    Token,
    /// The secret of the hospital's mail server.
    MailServer,
}

impl Shown {
    pub(super) const ALL: [Self; 5] = [Self::Login, Self::Link, Self::Folder, Self::Token, Self::MailServer];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Link => "link",
            Self::Folder => "folder",
            Self::Token => "token",
            Self::MailServer => "mailServer",
        }
    }
}

/// What a value in an address has to be.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Identifier,
    Told(Value),
}

/// An operation in the making.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// Of the function, from `web` on.
    pub(super) name: &'static str,
    summary: &'static str,
    who: &'static str,
    shown: Vec<Shown>,
    is_open: bool,
    places: Vec<Place>,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Map<String, Value>,
}

impl Operation {
    pub(super) fn new(
        method: Method,
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        who: &'static str,
    ) -> Self {
        let mut made = Self {
            method,
            path,
            name,
            summary,
            who,
            shown: Vec::new(),
            is_open: false,
            places: Vec::new(),
            parameters: Vec::new(),
            body: None,
            answers: Map::new(),
        };
        made.refuses("4XX");
        made.refuses("5XX");
        made
    }

    /// One of [`REFUSALS`].
    fn refuses(&mut self, status: &str) {
        let answer = json!({ "$ref": format!("#/components/responses/Refused{status}") });
        self.answers.insert(status.to_owned(), answer);
    }

    fn answers(&mut self, status: StatusCode, answer: Value) {
        self.answers.insert(status.as_str().to_owned(), answer);
    }

    /// Whoever asks shows this, or another of those that are named.
    pub(super) fn by(&mut self, shown: Shown) -> &mut Self {
        if !self.shown.contains(&shown) {
            self.shown.push(shown);
            self.refuses("401");
        }
        self
    }

    /// Whoever asks need not show who they are, but may.
    pub(super) fn or_nobody(&mut self) -> &mut Self {
        self.is_open = true;
        self
    }

    /// So many identifiers stand in the address. What is no identifier names nothing.
    pub(super) fn identifiers(&mut self, count: usize) {
        self.places.extend(std::iter::repeat_n(Place::Identifier, count));
        self.refuses("404");
    }

    /// A value of the address.
    pub(super) fn place(&mut self, schema: Value) {
        self.places.push(Place::Told(schema));
    }

    /// Whatever stands in the query.
    pub(super) fn query<T: JsonSchema>(&mut self, schemas: &mut SchemaGenerator) {
        let schema = Value::from(T::json_schema(schemas));
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.iter().any(|each| each == name);
            let mut schema = schema.clone();
            // In a query there is no null: what is not said is left out.
            if let Some(kinds) = schema["type"].as_array().cloned()
                && let Some(kind) = kinds.into_iter().find(|kind| kind != "null")
            {
                schema["type"] = kind;
            }
            let mut parameter = json!({ "name": name, "in": "query", "required": is_required });
            if let Some(words) = schema.as_object_mut().and_then(|schema| schema.remove("description")) {
                parameter["description"] = words;
            }
            parameter["schema"] = schema;
            self.parameters.push(parameter);
        }
        self.refuses("400");
    }

    /// A header that counts.
    pub(super) fn header(&mut self, name: &str, words: &str) -> &mut Self {
        self.parameters.push(json!({
            "name": name, "in": "header", "required": false, "description": words,
            "schema": { "type": "string" },
        }));
        self
    }

    /// The body as JSON.
    pub(super) fn json_body<T: JsonSchema>(&mut self, schemas: &mut SchemaGenerator) {
        let schema = schemas.subschema_for::<T>();
        self.body = Some(json!({ "required": true, "content": { JSON: { "schema": schema } } }));
        self.refuses("400");
        self.refuses("413");
        self.refuses("415");
    }

    /// The body as a form.
    pub(super) fn form_body<T: JsonSchema>(&mut self, schemas: &mut SchemaGenerator) {
        let schema = schemas.subschema_for::<T>();
        let content = json!({ "application/x-www-form-urlencoded": { "schema": schema } });
        self.body = Some(json!({ "required": true, "content": content }));
    }

    /// Any bytes as the body.
    pub(super) fn bytes(&mut self, words: &str) -> &mut Self {
        let content = json!({ "application/octet-stream": {} });
        self.body = Some(json!({ "required": true, "description": words, "content": content }));
        self.refuses("413");
        self.refuses("415");
        self
    }

    /// It is answered by JSON.
    pub(super) fn json<T: JsonSchema>(&mut self, status: StatusCode, schemas: &mut SchemaGenerator) {
        let schema = schemas.subschema_for::<T>();
        self.answers(status, json!({ "description": "Done.", "content": { JSON: { "schema": schema } } }));
    }

    /// It is answered by something else than JSON.
    pub(super) fn media(&mut self, status: StatusCode, kinds: &[&str], words: &str) -> &mut Self {
        let content: Map<_, _> = kinds.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
        self.answers(status, json!({ "description": words, "content": content }));
        self
    }

    /// It is answered by a status alone.
    pub(super) fn empty(&mut self, status: StatusCode, words: &str) -> &mut Self {
        self.answers(status, json!({ "description": words }));
        self
    }

    /// It is answered by another address, where the browser goes next.
    pub(super) fn redirects(&mut self) -> &mut Self {
        let location =
            json!({ "description": "Where to.", "required": true, "schema": { "type": "string" } });
        let answer = json!({ "description": "The browser goes on.", "headers": { "Location": location } });
        self.answers(StatusCode::SEE_OTHER, answer);
        self
    }

    /// Whether it says what becomes of a request that is good.
    pub(super) fn is_answered(&self) -> bool {
        self.answers.keys().any(|status| matches!(status.as_bytes().first(), Some(b'1'..=b'3')))
    }

    /// Names that stand in the address.
    fn names(&self) -> Vec<&'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }

    /// As the document holds it.
    pub(super) fn told(&self, id: &str, tag: &str) -> Value {
        let mut places = self.places.iter().cloned();
        let in_path = self.names().into_iter().map(|name| {
            let schema = match places.next() {
                Some(Place::Told(schema)) => schema,
                Some(Place::Identifier) | None => json!({ "type": "string", "format": "uuid" }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        });
        let parameters: Vec<_> = in_path.chain(self.parameters.iter().cloned()).collect();
        let mut security: Vec<_> = self.shown.iter().map(|shown| json!({ shown.name(): [] })).collect();
        if self.is_open {
            security.push(json!({}));
        }
        let mut told = json!({
            "operationId": id,
            "tags": [tag],
            "summary": self.summary,
            "description": format!("Who: {}.", self.who),
            "security": security,
            "responses": self.answers,
        });
        if !parameters.is_empty() {
            told["parameters"] = parameters.into();
        }
        if let Some(body) = &self.body {
            told["requestBody"] = body.clone();
        }
        told
    }
}
