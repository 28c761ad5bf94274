//! What a body names must be the caller's own, as what an address names must: every operation that
//! takes a body, sent a well-formed one with somebody of Bodø's in each place that can name
//! somebody, by callers of Tromsø's.
//!
//! Bodies are built from the OpenAPI document and its examples. What is expected stands in
//! [`EXPECTED`] and not in the program: an operation, or a member that names somebody, that is not
//! in it fails the test.

use std::collections::{BTreeMap, BTreeSet};

use alis::identity::cast::{self, Scenario};
use serde_json::{Map, Value, json};

use super::matrix::{address, find_grant, kind_of};
use super::world::{FOREIGN, MARK, OWN, Place, World};
use crate::support::client::Answer;
use crate::support::contract::Contract;

/// Who sends the bodies: everybody who may act in Tromsø and not in Bodø.
const CALLERS: [Scenario; 4] =
    [Scenario::Municipality, Scenario::Vendor, Scenario::Leader, Scenario::Office];

/// An operation, where Bodø is named, and what each of [`CALLERS`] is told: one word for all; two,
/// those who act in Tromsø and the office; three, both systems, the leader and the office; or four.
///
/// Where: `@` the address and all of the body; a member of the body, and all else is Tromsø's; `-`
/// neither can name anybody.
///
/// What: `403` `relation_missing`; `404` `not_found`; `422` what is told of somebody who is not
/// there, at that member; `409:` a rule, by its code. `+id` behind it: and the id of whoever has
/// the HPR number, as docs/api.md says. `may`: the caller's own to do, and why stands beside it.
const EXPECTED: &str = include_str!("bodies.txt");

/// Components of the document whose values name something that is somebody's.
const NAMING: [&str; 4] = ["Id", "MunicipalityNumber", "HprNumber", "OrganisationNumber"];
/// HPR numbers of the persons in Bodø, by the kind of address.
const FOREIGN_NUMBERS: [(&str, &str); 3] =
    [("trainees", "999000501"), ("supervisors", "999000502"), ("leaders", "999000503")];
/// An HPR number that nobody has.
const FREE_NUMBER: &str = "999000990";

/// The lines of [`EXPECTED`]: by operation and place, a word for each of [`CALLERS`].
fn expected() -> BTreeMap<(&'static str, &'static str), [&'static str; 4]> {
    let lines = EXPECTED.lines().filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let shown = line.split_once(" -- ").map_or(line, |(shown, _why)| shown);
        let mut words = shown.split_whitespace();
        let key = (words.next().expect("an operation"), words.next().expect("a place"));
        let words: Vec<&str> = words.collect();
        let words = match words[..] {
            [all] => [all; 4],
            [there, office] => [there, there, there, office],
            [system, leader, office] => [system, system, leader, office],
            [municipality, vendor, leader, office] => [municipality, vendor, leader, office],
            _ => panic!("one to four words: {line}"),
        };
        (key, words)
    });
    read.collect()
}

/// An operation that takes a body.
struct Operation<'a> {
    id: &'a str,
    template: &'a str,
    /// Who acts, as the document words it.
    access: &'a str,
    schema: &'a Value,
}

fn operations(contract: &Contract) -> impl Iterator<Item = Operation<'_>> {
    let posts = contract.operations().filter(|(template, method, _)| {
        template.starts_with("/v1/") && method == "POST" // nothing else takes a body
    });
    posts.map(|(template, _, described)| {
        let schema = &described["requestBody"]["content"]["application/json"]["schema"];
        let id = described["operationId"].as_str().expect("an id");
        assert!(!schema.is_null(), "{id} takes no JSON: say here what it is sent");
        let access = described["x-access"].as_str().expect("a word");
        Operation { id, template, access, schema: contract.resolved(schema) }
    })
}

/// The component that a member refers to; of one that may be null as well, what else it may be.
fn component(schema: &Value) -> Option<&str> {
    let ways = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
    let mut all = std::iter::once(schema).chain(ways);
    all.find_map(|way| way["$ref"].as_str()?.rsplit('/').next())
}

/// A value as the document gives it for an example.
fn example(contract: &Contract, schema: &Value) -> Value {
    let whole = contract.resolved(schema);
    let shown = [&schema["example"], &whole["example"], &whole["examples"][0]];
    if let Some(shown) = shown.into_iter().find(|shown| !shown.is_null()) {
        return shown.clone();
    }
    if whole["type"] == "array" {
        return json!([example(contract, &whole["items"])]);
    }
    let required = whole["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required
        .map(|name| (name.to_owned(), example(contract, &whole["properties"][name])))
        .collect::<Map<_, _>>()
        .into()
}

impl<'a> Operation<'a> {
    fn members(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let members = self.schema["properties"].as_object().expect("members").iter();
        members.map(|(name, schema)| (name.as_str(), schema))
    }

    fn requires(&self, name: &str) -> bool {
        let required = self.schema["required"].as_array();
        required.is_some_and(|required| required.iter().any(|it| it == name))
    }

    /// The members that name somebody or something that is somebody's, and what they are.
    fn naming(&self) -> Vec<(&'a str, &'a str)> {
        let named = self.members().filter_map(|(name, schema)| Some((name, component(schema)?)));
        named.filter(|(_, component)| NAMING.contains(component)).collect()
    }

    /// Where Bodø can be named.
    fn places(&self) -> Vec<&'a str> {
        let by_address = kind_of(self.template).is_some()
            || ["/v1/persons/", "{municipality}", "{number}"]
                .iter()
                .any(|part| self.template.contains(part));
        let mut places: Vec<&str> = by_address.then_some("@").into_iter().collect();
        places.extend(self.naming().iter().map(|(name, _)| name));
        if places.is_empty() { vec!["-"] } else { places }
    }

    /// What a member names, when it names somebody of a municipality.
    fn named(&self, (name, component): (&str, &str), of: &Side) -> String {
        let kind = match (component, name) {
            ("MunicipalityNumber", _) => return of.place.number.to_owned(),
            ("OrganisationNumber", _) => return of.organisation.to_owned(),
            ("HprNumber", _) => return of.hpr_number(self.template).to_owned(),
            ("Id", "programme") => return of.programme.clone(),
            ("Id", "trainee") => "trainees",
            ("Id", "supervisor") => "supervisors",
            ("Id", "by") if self.access == "of_supervisor" => "supervisors",
            ("Id", "by" | "delegated_by") => "leaders",
            _ => panic!("{}: say here what {name} names", self.id),
        };
        of.place.id(kind).to_owned()
    }

    /// A body with Bodø where `place` says, and Tromsø in all other places that it must have.
    fn body(&self, contract: &Contract, place: &str, own: &Side, foreign: &Side) -> Value {
        let naming: BTreeMap<&str, &str> = self.naming().into_iter().collect();
        let is_shown = |name: &str| {
            // Some take a municipality only beside what else they are told.
            self.requires(name) || name == place || name == "municipality"
        };
        let value = |(name, schema): (&str, &Value)| {
            let of = if place == "@" || place == name { foreign } else { own };
            let value = match naming.get(name) {
                Some(component) => json!(self.named((name, component), of)),
                None if name == "curriculum" => json!("demo-1"),
                None => example(contract, schema),
            };
            (name.to_owned(), value)
        };
        let shown = self.members().filter(|(name, _)| is_shown(name)).map(value);
        shown.collect::<Map<_, _>>().into()
    }
}

/// A municipality, and what of it a body or an address can name.
struct Side {
    place: Place,
    grant: String,
    programme: String,
    organisation: &'static str,
    /// HPR numbers by the kind of address.
    numbers: BTreeMap<&'static str, &'static str>,
}

impl Side {
    fn hpr_number(&self, template: &str) -> &'static str {
        let kind = template.split('/').nth(2).unwrap_or("");
        self.numbers.get(kind).copied().unwrap_or(FREE_NUMBER)
    }

    /// What nobody who may not see this municipality's individuals is told: names, numbers, ids.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        // Supervisors are a pool, shown to all who train doctors.
        let ids = self.place.ids.iter().filter(|(kind, _)| **kind != "supervisors");
        let numbers = self.numbers.iter().filter(|(kind, _)| **kind != "supervisors");
        ids.map(|(_, id)| id.as_str())
            .chain(numbers.map(|(_, number)| *number))
            .chain([self.grant.as_str(), MARK])
    }
}

/// Both municipalities, as the bodies name them. In Tromsø a position is vacant, the doctor has no
/// supervisor and a goal that waits for its recommendations, and there is one who led once; a
/// programme is for Bodø only. So no rule on anything else comes before what is asked about.
async fn sides(world: &World) -> (Side, Side) {
    let client = &world.client;
    let vacant = json!({"municipality": OWN, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"});
    let vacant = client.post("/v1/positions", vacant).await.expect(201).id();
    let never = json!({"entered_in_error": true, "reason": "Somebody else"});
    let assignment = world.own.id("supervisor-assignments");
    let path = format!("/v1/supervisor-assignments/{assignment}/correction");
    client.post(&path, never).await.expect(200);
    let led = json!({"name": "Lars Leder", "municipality": OWN, "from": "2019-01-01",
        "to": "2019-12-31"});
    let led = client.post("/v1/leaders", led).await.expect(201);
    let term = led.body["terms"][0]["id"].as_str().expect("an id").to_owned();
    let goals = format!("/v1/trainees/{}/learning-goals", world.own.id("trainees"));
    let submission = json!({"on": "2020-03-01"});
    client.post(&format!("{goals}/ALM-001/submission"), submission).await.expect(200);
    let programme = json!({"name": "ALIS-Bodø", "from": "2019-01-01"});
    let programme = client.post("/v1/programmes", programme).await.expect(201).id();
    let joins = json!({"municipality": FOREIGN, "from": "2019-01-01", "quota": 2});
    let path = format!("/v1/programmes/{programme}/participations");
    client.post(&path, joins).await.expect(200);
    let grant = json!({"organisation_number": "999000215", "role": "system",
        "municipality": FOREIGN});
    let grant = client.post("/v1/access-grants", grant).await.expect(201).id();
    let of = |place: &Place| Place { number: place.number, ids: place.ids.clone() };
    let mut own = of(&world.own);
    own.ids.extend([("positions", vacant), ("leaders", led.id()), ("terms", term)]);
    let own = Side {
        place: own,
        grant: find_grant(world, OWN).await,
        programme: world.programme.clone(),
        organisation: cast::MUNICIPALITY,
        numbers: BTreeMap::new(),
    };
    let foreign = Side {
        place: of(&world.foreign),
        grant,
        programme,
        organisation: cast::OTHER_MUNICIPALITY,
        numbers: FOREIGN_NUMBERS.into(),
    };
    (own, foreign)
}

/// An answer in the words of [`EXPECTED`].
fn word(answer: &Answer, place: &str) -> String {
    let code = answer.body["code"].as_str().unwrap_or("");
    match (answer.status, code) {
        (200, _) => "may".to_owned(),
        (403, "relation_missing") => "403".to_owned(),
        (404, "not_found") => "404".to_owned(),
        (422, "invalid_request") if answer.pointers() == [format!("/{place}")] => "422".to_owned(),
        (status, code) => format!("{status}:{code}"),
    }
}

/// What an answer tells of Bodø beside what was sent.
fn shown<'a>(answer: &Answer, sent: &Value, foreign: &'a Side) -> BTreeSet<&'a str> {
    let headers = format!("{:?}", answer.headers);
    let sent = format!("{} {sent}", answer.asked);
    let is_shown = |word: &&str| answer.text.contains(*word) || headers.contains(*word);
    foreign.secrets().filter(|word| !sent.contains(word)).filter(is_shown).collect()
}

#[test]
fn every_place_in_which_a_body_can_name_somebody_has_its_answer_here() {
    let contract = Contract::of_program();
    let there: BTreeSet<(&str, &str)> = operations(contract)
        .flat_map(|operation| operation.places().into_iter().map(move |it| (operation.id, it)))
        .collect();
    let listed: BTreeSet<(&str, &str)> = expected().into_keys().collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "say in EXPECTED what these are answered: {missing:?}");
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "EXPECTED lists what is not there: {gone:?}");
}

#[tokio::test]
async fn a_body_that_names_what_is_anothers_opens_nothing_of_theirs() {
    let world = World::new().await;
    let contract = Contract::of_program();
    let (own, foreign) = sides(&world).await;
    let expected = expected();
    let mut wrong = Vec::new();
    let mut sent_in_all = 0;
    for operation in operations(contract) {
        for place in operation.places() {
            let Some(words) = expected.get(&(operation.id, place)) else { continue }; // told above
            let side = if place == "@" { &foreign } else { &own };
            let path = address(operation.template, &world, &side.place, &side.grant);
            let body = operation.body(contract, place, &own, &foreign);
            for (caller, expected) in CALLERS.into_iter().zip(words) {
                let client = world.as_one(caller);
                let answer = client.post(&format!("{path}?dry_run=true"), body.clone()).await;
                sent_in_all += 1;
                let shown = shown(&answer, &body, &foreign);
                let whose_number = shown.iter().all(|word| {
                    place == "hpr_number" && foreign.place.ids.values().any(|id| id == word)
                });
                let suffix = match (shown.len(), whose_number) {
                    (0, _) => String::new(),
                    (1, true) => "+id".to_owned(),
                    _ => format!(" and tells {shown:?}"),
                };
                let word = word(&answer, place) + &suffix;
                if word != *expected {
                    let (id, caller) = (operation.id, caller.word());
                    wrong.push(format!("{id} {place} as {caller}: {word}: {}", answer.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent_in_all}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent_in_all > 400, "only {sent_in_all} bodies were sent");
    world.instance.stop().await;
}
