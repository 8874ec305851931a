//! What the arguments and the answer of a function say of its operation.

use std::borrow::Cow;

use axum::Json;
use axum::body::{Body as RawBody, Bytes};
use axum::extract::connect_info::ConnectInfo;
use axum::extract::rejection::FormRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, Redirect, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::operation::{Operation, Shown};
use crate::login::{Callback, FrontChannel};
use crate::web::after::Visitor;
use crate::web::extract::{Body, ClientAddress, One, Proven, SignedIn, Two};
use crate::web::guest::{Guest, LinkHolder};
use crate::web::problem::Failure;
use crate::web::record::Reader;
use crate::web::tokens::Machine;

/// An argument: what it asks of a request.
pub(super) trait Asks {
    fn asks(operation: &mut Operation, schemas: &mut SchemaGenerator);
}

/// What a function gives back: how a request is answered.
pub(super) trait Answers {
    fn answers(operation: &mut Operation, schemas: &mut SchemaGenerator);
}

/// A function that answers requests.
pub(super) trait Describes<Arguments> {
    fn describes(operation: &mut Operation, schemas: &mut SchemaGenerator);
}

macro_rules! describes {
    ($($argument:ident)*) => {
        impl<F, Answer, Told, $($argument),*> Describes<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Answer,
            Answer: Future<Output = Told>,
            Told: Answers,
            $($argument: Asks,)*
        {
            fn describes(operation: &mut Operation, schemas: &mut SchemaGenerator) {
                $($argument::asks(operation, schemas);)*
                Told::answers(operation, schemas);
            }
        }
    };
}

describes!();
describes!(A);
describes!(A B);
describes!(A B C);
describes!(A B C D);
describes!(A B C D E);

/// Arguments that say nothing by themselves: whatever they are used for is told beside.
macro_rules! says_nothing {
    ($($ty:ty),+) => {$(
        impl Asks for $ty {
            fn asks(_: &mut Operation, _: &mut SchemaGenerator) {}
        }
    )+};
}

says_nothing!(HeaderMap, RawBody, Bytes, WebSocketUpgrade, ClientAddress);

impl<T> Asks for State<T> {
    fn asks(_: &mut Operation, _: &mut SchemaGenerator) {}
}

impl<T> Asks for ConnectInfo<T> {
    fn asks(_: &mut Operation, _: &mut SchemaGenerator) {}
}

/// Arguments that are somebody.
macro_rules! is_somebody {
    ($($ty:ty: $shown:ident),+) => {$(
        impl Asks for $ty {
            fn asks(operation: &mut Operation, _: &mut SchemaGenerator) {
                operation.by(Shown::$shown);
            }
        }
    )+};
}

is_somebody!(SignedIn: Login, Proven: Login, Reader: Login, LinkHolder: Link, Guest: Link, Visitor: Link, Machine: Token);

impl<T> Asks for One<T> {
    fn asks(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.identifiers(1);
    }
}

impl<T, U> Asks for Two<T, U> {
    fn asks(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.identifiers(2);
    }
}

impl Asks for Path<String> {
    fn asks(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.place(Value::from(String::json_schema(schemas)));
    }
}

impl<T: JsonSchema, U: JsonSchema, V: JsonSchema> Asks for Path<(T, U, V)> {
    fn asks(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.place(Value::from(schemas.subschema_for::<T>()));
        operation.place(Value::from(schemas.subschema_for::<U>()));
        operation.place(Value::from(schemas.subschema_for::<V>()));
    }
}

impl<T: JsonSchema> Asks for Query<T> {
    fn asks(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.query::<T>(schemas);
    }
}

impl<T: JsonSchema> Asks for Body<T> {
    fn asks(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.json_body::<T>(schemas);
    }
}

impl<T: JsonSchema> Asks for Result<Form<T>, FormRejection> {
    fn asks(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.form_body::<T>(schemas);
    }
}

impl<T: JsonSchema> Answers for Json<T> {
    fn answers(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.json::<T>(StatusCode::OK, schemas);
    }
}

/// Where a status is told beside the body, something was made.
impl<T: JsonSchema> Answers for (StatusCode, Json<T>) {
    fn answers(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.json::<T>(StatusCode::CREATED, schemas);
    }
}

impl<H, T: JsonSchema> Answers for (AppendHeaders<H>, Json<T>) {
    fn answers(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.json::<T>(StatusCode::OK, schemas);
    }
}

impl Answers for StatusCode {
    fn answers(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.empty(StatusCode::NO_CONTENT, "Done.");
    }
}

impl Answers for Redirect {
    fn answers(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.redirects();
    }
}

/// It may be anything: the table says what.
impl Answers for Response {
    fn answers(_: &mut Operation, _: &mut SchemaGenerator) {}
}

impl Answers for &'static str {
    fn answers(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.media(StatusCode::OK, &["text/plain"], "It is so.");
    }
}

impl Answers for (StatusCode, String) {
    fn answers(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.media(StatusCode::OK, &["text/plain"], "It is so.");
        operation.media(StatusCode::SERVICE_UNAVAILABLE, &["text/plain"], "It is not so, and why.");
    }
}

impl<T: Answers> Answers for Result<T, Failure> {
    fn answers(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        T::answers(operation, schemas);
    }
}

/// What a provider sends in the address of a callback; its values are nobody's to log.
#[derive(JsonSchema)]
#[schemars(rename = "Callback")]
#[expect(dead_code, reason = "its schema is what counts")]
struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// What a provider's frame asks for.
#[derive(JsonSchema)]
#[schemars(rename = "FrontChannel")]
#[expect(dead_code, reason = "its schema is what counts")]
struct FrontChannelQuery {
    iss: Option<String>,
    sid: Option<String>,
}

macro_rules! looks_like {
    ($($ty:ty: $like:ty),+) => {$(
        impl JsonSchema for $ty {
            fn schema_name() -> Cow<'static, str> {
                <$like>::schema_name()
            }

            fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
                <$like>::json_schema(schemas)
            }
        }
    )+};
}

looks_like!(Callback: CallbackQuery, FrontChannel: FrontChannelQuery);
