//! JSON Schemas of values that hide themselves from logs: over the wire they are plain texts.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::secret::{Pii, Secret};

macro_rules! is_a_text {
    ($($ty:ty),+) => {$(
        impl JsonSchema for $ty {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                String::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    )+};
}

is_a_text!(Pii<String>, Secret<String>);
