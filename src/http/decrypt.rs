//! Opens what identifies persons in an answer that is on its way out, and chooses the language of
//! what it says. Who sees a position for the sake of a doctor sees no other doctor in it.
//!
//! Whatever is stored or kept for retries holds a person as `{"id": ..., "sealed": ...}`. Here, and
//! only here, `sealed` becomes `name` and `hpr_number`; both are null for a person whose key was
//! erased, and for callers who have no need of names. What is said is stored in both languages, as
//! `words`, and becomes `detail` in the caller's.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::actor::{Actor, Permissions, Role};
use super::{Service, access_audit};
use crate::access_log::Entry;
use crate::edge::FromText;
use crate::event_log::Failure;
use crate::identifiers::MunicipalityNumber;
use crate::personal_data::Identity;
use crate::problem::Language;

impl Service {
    /// Reveals every person in `bodies` to a caller, and writes down that it did. `new` are keys
    /// that may not be in the database yet.
    pub async fn reveal(
        &self,
        actor: &Actor,
        bodies: &mut [Value],
        new: Vec<(Uuid, Vec<u8>)>,
    ) -> Result<(), Failure> {
        let language = super::current().language;
        bodies.iter_mut().for_each(|body| speak(body, language));
        if actor.permissions.sees_by_trainee() {
            bodies.iter_mut().for_each(|body| hide_other_holders(body, &actor.permissions));
        }
        let mut persons = Vec::new();
        for body in bodies.iter() {
            collect(body, &mut persons);
        }
        if persons.is_empty() {
            return Ok(());
        }
        let mut keys: HashMap<Uuid, Vec<u8>> = new.into_iter().collect();
        if !actor.permissions.reads_names() {
            let none = HashMap::new();
            bodies.iter_mut().for_each(|body| self.open(body, &none, &mut Vec::new()));
            return Ok(());
        }
        let client = self.log.pool.get().await?;
        let sql = crate::event_log::sql::PERSON_KEYS;
        let statement = client.prepare_cached(sql).await?;
        for row in client.query(&statement, &[&self.log.log, &persons]).await? {
            keys.insert(row.try_get(0)?, row.try_get(1)?);
        }
        drop(client);
        let mut revealed = Vec::new();
        for body in bodies {
            self.open(body, &keys, &mut revealed);
        }
        revealed.sort_unstable();
        revealed.dedup();
        self.note_read(actor, revealed).await
    }

    /// Writes down that somebody read of some persons: who they are, or a doctor's data.
    ///
    /// # Errors
    /// When it cannot be written down: then they are not told.
    pub async fn note_read(&self, actor: &Actor, mut persons: Vec<Uuid>) -> Result<(), Failure> {
        if persons.is_empty() {
            return Ok(());
        }
        let trainee = access_audit::trainee().filter(|trainee| !persons.contains(trainee));
        persons.extend(trainee.filter(|trainee| !actor.own_ids().contains(trainee)));
        let mut caller = actor.as_json();
        let Permissions { trainee, supervisor, leader, .. } = &*actor.permissions;
        for (kind, id) in [("trainee", trainee), ("supervisor", supervisor), ("leader", leader)] {
            if let Some(id) = id {
                caller[kind] = json!(id);
            }
        }
        let entry = Entry {
            at: super::now(),
            caller: caller.to_string(),
            roles: actor.permissions.roles().map(Role::word).collect(),
            operation: actor.operation.to_string(),
            persons,
            request_id: super::current().request_id,
        };
        self.access_log.record(entry, &self.log.pool).await
    }

    /// Opens what is sealed in a value; `revealed` gets whom it tells of.
    fn open(&self, value: &mut Value, keys: &HashMap<Uuid, Vec<u8>>, revealed: &mut Vec<Uuid>) {
        match value {
            Value::Array(items) => {
                items.iter_mut().for_each(|item| self.open(item, keys, revealed));
            }
            Value::Object(members) => {
                if let (Some(person), Some(Value::String(sealed))) =
                    (person_of(members), members.remove("sealed"))
                {
                    let identity = keys.get(&person).and_then(|wrapped| {
                        let key = self.vault.person(person, wrapped).ok()?;
                        key.open::<Identity>(person, &sealed).ok()
                    });
                    let (name, hpr_number) = match identity {
                        Some(identity) => {
                            revealed.push(person);
                            (Some(identity.name), identity.hpr_number)
                        }
                        None => (None, None),
                    };
                    members.insert("name".to_owned(), name.into());
                    members.insert("hpr_number".to_owned(), hpr_number.into());
                }
                members.values_mut().for_each(|member| self.open(member, keys, revealed));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Takes out of a position who else held, holds or will hold it, for a caller who sees it only for
/// the sake of single doctors.
fn hide_other_holders(value: &mut Value, permissions: &Permissions) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| hide_other_holders(item, permissions))
        }
        Value::Object(members) => {
            let position = members.get("id").and_then(Value::as_str).map(str::to_owned);
            let is_others = |held: &Value| {
                let revealed = |name: &str| held.get(name).and_then(Value::as_str);
                let municipality = revealed("municipality").map(MunicipalityNumber::from_text);
                let trainee = revealed("trainee").map(str::parse);
                let here = position.is_some() && revealed("position") == position.as_deref();
                match (here, municipality, trainee) {
                    (true, Some(Ok(municipality)), Some(Ok(trainee))) => {
                        !permissions.sees_holder(&municipality, trainee)
                    }
                    _ => here,
                }
            };
            if let Some(Value::Array(held)) = members.get_mut("occupancies") {
                held.retain(|held| !is_others(held));
            }
            if let Some(holder) = members.get_mut("occupancy").filter(|holder| is_others(holder)) {
                *holder = Value::Null;
            }
            members.values_mut().for_each(|member| hide_other_holders(member, permissions));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Chooses the language of everything that is said in `value`.
fn speak(value: &mut Value, language: Language) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| speak(item, language)),
        Value::Object(members) => {
            if let Some(mut words) = members.remove("words") {
                let chosen = match language {
                    Language::English => words.get_mut("en"),
                    Language::Norwegian => words.get_mut("nb"),
                };
                members.insert("detail".to_owned(), chosen.map_or(Value::Null, Value::take));
            }
            members.values_mut().for_each(|member| speak(member, language));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a body is another for another caller: it holds a person to reveal, or words to choose.
pub fn differs_by_caller(body: &Value) -> bool {
    match body {
        Value::Array(items) => items.iter().any(differs_by_caller),
        Value::Object(members) => {
            members.contains_key("sealed")
                || members.contains_key("words")
                || members.values().any(differs_by_caller)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn person_of(members: &serde_json::Map<String, Value>) -> Option<Uuid> {
    members.get("id")?.as_str()?.parse().ok()
}

fn collect(value: &Value, persons: &mut Vec<Uuid>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, persons)),
        Value::Object(members) => {
            if members.contains_key("sealed") {
                persons.extend(person_of(members));
            }
            members.values().for_each(|member| collect(member, persons));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
