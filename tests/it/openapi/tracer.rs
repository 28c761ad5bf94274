//! A deserializer that reads a JSON value and writes down what it was asked for: the schema of
//! whatever type was read. So the schemas of events follow from the types of facts, and nobody
//! writes them.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Map, Value, json};

/// Reads `value`, and writes to `out` the schema of what was read from it.
pub struct Tracer<'v, 'o> {
    pub value: &'v Value,
    pub out: &'o mut Value,
}

impl<'v> Tracer<'v, '_> {
    fn guess(&mut self) {
        *self.out = guessed(self.value);
    }

    fn of_type(self, schema: Value) -> &'v Value {
        *self.out = schema;
        self.value
    }
}

/// The schema of a value of which nothing else is known, because several structs are written as one
/// object: then there may be other members as well.
fn guessed(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "number" }),
        Value::String(text) => text_like(text),
        Value::Array(entries) => {
            json!({ "type": "array", "items": entries.first().map_or(json!({}), guessed) })
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), guessed(value)));
            let properties: Map<String, Value> = members.collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": true })
        }
    }
}

/// Ids and days are read as texts, and are told by how they look.
fn text_like(text: &str) -> Value {
    let is_id = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    let is_day = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    match (is_id, is_day) {
        (true, _) => json!({ "type": "string", "format": "uuid" }),
        (false, true) => json!({ "type": "string", "format": "date" }),
        (false, false) => json!({ "type": "string" }),
    }
}

macro_rules! whole {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
            let value = self.of_type(json!({ "type": "integer", "format": "int64" }));
            value.$method(visitor)
        })+
    };
}

macro_rules! as_it_looks {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'v>>(mut self, visitor: V) -> Result<V::Value, Error> {
            self.guess();
            self.value.$method(visitor)
        })+
    };
}

impl<'v> Deserializer<'v> for Tracer<'v, '_> {
    type Error = Error;

    whole! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }
    as_it_looks! {
        deserialize_any deserialize_bool deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() {
            *self.out = json!({ "x-optional": true });
            return visitor.visit_none();
        }
        let mut inner = json!({});
        let read = visitor.visit_some(Tracer { value: self.value, out: &mut inner })?;
        inner["x-optional"] = json!(true);
        *self.out = inner;
        Ok(read)
    }

    fn deserialize_unit_struct<V: Visitor<'v>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.guess();
        self.value.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = self.value.as_array().map_or(&[][..], Vec::as_slice);
        *self.out = json!({ "type": "array", "items": {} });
        visitor.visit_seq(Entries { entries, out: &mut self.out["items"] })
    }

    fn deserialize_tuple<V: Visitor<'v>>(self, _n: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'v>>(
        self,
        _name: &'static str,
        _n: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'v>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let properties = fields.iter().map(|name| ((*name).to_owned(), json!({})));
        let properties: Map<String, Value> = properties.collect();
        let members = self.value.as_object().into_iter().flatten();
        let members: Vec<(&str, &Value)> = members.map(|(k, v)| (k.as_str(), v)).collect();
        let given: Value = members.iter().map(|(name, _)| *name).collect();
        *self.out = json!({ "type": "object", "properties": properties, "required": given });
        visitor.visit_map(Members { members, next: None, out: &mut self.out["properties"] })
    }

    fn deserialize_enum<V: Visitor<'v>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.guess();
        if self.value.is_string() {
            self.out["x-extensible-enum"] = json!(variants);
        }
        self.value.deserialize_enum(name, variants, visitor)
    }
}

struct Entries<'v, 'o> {
    entries: &'v [Value],
    out: &'o mut Value,
}

impl<'v> SeqAccess<'v> for Entries<'v, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'v>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((value, rest)) = self.entries.split_first() else { return Ok(None) };
        self.entries = rest;
        let mut entry = json!({});
        let read = seed.deserialize(Tracer { value, out: &mut entry })?;
        super::events::join(self.out, entry);
        Ok(Some(read))
    }
}

struct Members<'v, 'o> {
    members: Vec<(&'v str, &'v Value)>,
    next: Option<(&'v str, &'v Value)>,
    out: &'o mut Value,
}

impl<'v> MapAccess<'v> for Members<'v, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'v>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next = self.members.pop();
        let Some((name, _)) = self.next else { return Ok(None) };
        let name: StrDeserializer<'v, Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'v>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let (name, value) = self.next.expect("a value follows its key");
        seed.deserialize(Tracer { value, out: &mut self.out[name] })
    }
}
