//! What of a state is another, so that a device that knows the one before is told that and no more.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ServerMessage, ViewingState};

/// The state of the viewing, written out for all who get the same.
#[derive(Clone, Debug)]
pub struct ViewingWritten {
    state: Arc<ViewingTold>,
    /// All of it, once somebody needs that: mostly nobody does.
    whole: Option<Arc<str>>,
    /// What makes it of states that devices know. They are few: devices that were told at one time know the same.
    since: Vec<(Arc<ViewingTold>, Arc<str>)>,
}

/// The state as a device knows it. Names of patients may be in it, so it is not printed.
pub struct ViewingTold(Value);

impl fmt::Debug for ViewingTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewingTold")
    }
}

impl ViewingWritten {
    /// # Errors
    /// If it cannot be written as JSON: a number in it is none.
    pub fn new(state: ViewingState) -> Result<Self, serde_json::Error> {
        let message = ServerMessage::Viewing(Box::new(state));
        let state = Arc::new(ViewingTold(serde_json::to_value(&message)?));
        Ok(Self { state, whole: None, since: Vec::new() })
    }

    /// What a device knows that was told it.
    pub fn state(&self) -> Arc<ViewingTold> {
        self.state.clone()
    }

    /// The message to a device: what is another for one that knows a state, else the whole.
    ///
    /// # Errors
    /// As [`ViewingWritten::new`].
    pub fn since(&mut self, known: Option<&Arc<ViewingTold>>) -> Result<Arc<str>, serde_json::Error> {
        let Some(known) = known else { return self.whole() };
        if let Some((_, text)) = self.since.iter().find(|(of, _)| Arc::ptr_eq(of, known)) {
            return Ok(text.clone());
        }
        let changes = changes(&known.0, &self.state.0).unwrap_or_else(|| Value::Object(Map::new()));
        let text = ServerMessage::ViewingChanged { changes }.text()?;
        self.since.push((known.clone(), text.clone()));
        Ok(text)
    }

    fn whole(&mut self) -> Result<Arc<str>, serde_json::Error> {
        if let Some(whole) = &self.whole {
            return Ok(whole.clone());
        }
        let whole: Arc<str> = serde_json::to_string(&self.state.0)?.into();
        self.whole = Some(whole.clone());
        Ok(whole)
    }
}

/// A client's side of the same: it keeps the last state, and makes a whole one of whatever comes.
#[derive(Default)]
pub struct ViewingKnown(Option<Value>);

impl ViewingKnown {
    /// A message as it is, but what is another of the viewing as the whole of it.
    ///
    /// # Errors
    /// If what is another comes before a whole state, or makes no state of it.
    pub fn whole(&mut self, message: ServerMessage) -> Result<ServerMessage, serde_json::Error> {
        match &message {
            ServerMessage::Viewing(_) => self.0 = Some(serde_json::to_value(&message)?),
            ServerMessage::ViewingChanged { changes } => {
                let state = self.0.get_or_insert_default();
                apply(state, changes);
                return serde_json::from_value(state.clone());
            }
            _ => {}
        }
        Ok(message)
    }
}

/// What has to be laid over `old`, by [`apply`], to make `new` of it; `None`: they are the same.
///
/// Of objects these are the members that are another; `null`: the member is there no more. Of lists of the same length that hold objects, or
/// nothing, an object that names places by number; `null`: the place is empty. Anything else is told as it is. The shape of a merge
/// patch (RFC 7396), and the places of lists beside it.
///
/// An object in a state has no member that is `null`: what is not there is absent. What is a list stays one.
pub fn changes(old: &Value, new: &Value) -> Option<Value> {
    if old == new {
        return None;
    }
    let changed = match (old, new) {
        (Value::Object(old), Value::Object(new)) => of_members(old, new),
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() && has_places(old, new) => {
            let places = old.iter().zip(new).enumerate();
            let changed =
                places.filter_map(|(place, (old, new))| Some((place.to_string(), changes(old, new)?)));
            Value::Object(changed.collect())
        }
        _ => new.clone(),
    };
    Some(changed)
}

fn of_members(old: &Map<String, Value>, new: &Map<String, Value>) -> Value {
    let nothing = Value::Null;
    let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let others = new.iter().filter_map(|(name, value)| {
        let old = old.get(name).unwrap_or(&nothing);
        // What was not there is told whole: an empty object, too.
        Some((name.clone(), if old.is_null() { value.clone() } else { changes(old, value)? }))
    });
    Value::Object(gone.chain(others).collect())
}

/// Whether places of a list are told by number: each is an object, or empty.
fn has_places(old: &[Value], new: &[Value]) -> bool {
    old.iter().chain(new).all(|place| place.is_object() || place.is_null())
}

/// Lays what [`changes`] told over a state.
pub fn apply(state: &mut Value, changed: &Value) {
    match (state, changed) {
        (Value::Object(members), Value::Object(changed)) => {
            for (name, changed) in changed {
                match members.get_mut(name) {
                    _ if changed.is_null() => {
                        members.remove(name);
                    }
                    Some(member) => apply(member, changed),
                    None => {
                        members.insert(name.clone(), changed.clone());
                    }
                }
            }
        }
        (Value::Array(places), Value::Object(changed)) => {
            for (place, changed) in changed {
                if let Some(place) = place.parse().ok().and_then(|place: usize| places.get_mut(place)) {
                    apply(place, changed);
                }
            }
        }
        (state, changed) => *state = changed.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn laid_over(old: &Value, new: &Value) -> Value {
        let mut state = old.clone();
        if let Some(changed) = changes(old, new) {
            apply(&mut state, &changed);
        }
        state
    }

    #[derive(serde::Deserialize)]
    struct Case {
        what: String,
        old: Value,
        new: Value,
        changes: Value,
    }

    #[test]
    fn what_is_another_is_told_as_the_page_reads_it() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../fixtures/viewing/changes.json")).unwrap();
        for Case { what, old, new, changes: told } in cases {
            let nothing = Value::Object(Map::new());
            assert_eq!(changes(&old, &new).unwrap_or(nothing), told, "{what}");
            assert_eq!(laid_over(&old, &new), new, "{what}");
        }
    }

    /// States as the protocol has them: no member is `null`, places of lists may be, and what is called a list is one.
    fn state() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..3_i64).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        let object = leaf.clone().prop_recursive(4, 24, 4, |inner| members(inner.boxed()));
        members(prop_oneof![leaf, object].boxed())
    }

    fn members(value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
        let place = prop_oneof![
            Just(Value::Null),
            prop::collection::btree_map("[0-2]", value.clone(), 0..3).prop_map(object)
        ];
        let list = prop_oneof![
            prop::collection::vec(value.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(place, 0..4).prop_map(Value::Array),
        ];
        let others = prop::collection::btree_map("[a-c0-2]", value, 0..4);
        let lists = prop::collection::btree_map("list[ab]", list, 0..2);
        (others, lists).prop_map(|(others, lists)| object(others.into_iter().chain(lists).collect())).boxed()
    }

    fn object(members: std::collections::BTreeMap<String, Value>) -> Value {
        Value::Object(members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_is_told_makes_the_new_state_of_any_old_one(old in state(), new in state()) {
            prop_assert_eq!(laid_over(&old, &new), new);
        }
    }
}
