//! Every operation by everybody of the cast, on what is their own municipality's and what is a
//! foreign one's: who is let through, who is told 403, and from whom it is hidden. Relations that
//! do not hold, and those that are lent, are in [`super::columns`].
//!
//! What is expected is written down here and in `operations.txt`, beside the program's own
//! declarations and not from them. An operation that is not listed fails the test.

use std::collections::BTreeMap;

use alis::identity::cast::Scenario;
use clap::ValueEnum;
use reqwest::Method;
use serde_json::json;

use super::world::{self, MARK, Place, World};
use crate::support::client::Answer;
use crate::support::contract::Contract;

/// An operation a line: its id, and whom it is for.
const OPERATIONS: &str = include_str!("operations.txt");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Through,
    Forbidden,
    Hidden,
    /// What no cell expects: not known, too often, broken.
    Neither,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Foreign,
}

pub(super) fn outcome(answer: &Answer) -> Outcome {
    match answer.status {
        403 => Outcome::Forbidden,
        404 => Outcome::Hidden,
        200..=399 | 409 | 412 | 422 => Outcome::Through,
        _ => Outcome::Neither,
    }
}

/// Whether somebody may see what an address of this kind names.
fn sees(who: Scenario, kind: &str, whose: Whose) -> bool {
    use Scenario::*;
    let own = whose == Whose::Own;
    match who {
        Loader | Auditor => true,
        Municipality | Vendor | Office | Leader => own || kind == "supervisors",
        OtherMunicipality => !own || kind == "supervisors",
        Supervisor => match kind {
            "supervisors" => true,
            "leaders" | "access-grants" => false,
            _ => own,
        },
        Trainee | ClinicalSupervisor => match kind {
            "supervisors" => true,
            "leaders" | "access-grants" | "supervision-exemptions" => false,
            _ => own,
        },
        Directorate => kind == "supervision-exemptions",
        Register => kind == "access-grants",
        VendorWithoutDelegation | Reporting => false,
    }
}

/// Whether somebody may do what is for `whom`; `None` where the address names nobody's in
/// particular.
fn may(who: Scenario, whom: &str, kind: Option<&str>, whose: Option<Whose>) -> bool {
    use Scenario::*;
    if who == Loader {
        return true;
    }
    let acts_for_own = matches!(who, Municipality | Vendor);
    let acts_for_foreign = who == OtherMunicipality;
    let system = match whose {
        Some(Whose::Own) => acts_for_own,
        Some(Whose::Foreign) => acts_for_foreign,
        None => acts_for_own || acts_for_foreign,
    };
    let is_own = whose != Some(Whose::Foreign);
    match whom {
        "everybody" | "those-who-see" => true,
        "any-role" => who != VendorWithoutDelegation,
        "those-who-see-somebody" => {
            !matches!(who, VendorWithoutDelegation | Directorate | Register | Reporting)
        }
        "register" => who == Register,
        "programmes" => matches!(who, Register | Office),
        "municipality" => system || (who == Leader && is_own),
        "trainee" => system || (who == Trainee && is_own),
        // The one whose assignment it is answers for it; every supervisor of the doctor speaks on
        // goals.
        "supervisor" => {
            let speaks = who == ClinicalSupervisor && kind != Some("supervisor-assignments");
            system || ((who == Supervisor || speaks) && is_own)
        }
        "leader" => system || (who == Leader && is_own),
        "directorate" => who == Directorate,
        "own-data" => who == Register || (who == Trainee && is_own),
        "access-log" => {
            matches!(who, Auditor | Trainee | Supervisor | ClinicalSupervisor | Leader)
        }
        // The vendor calls through the municipality here, and is not itself.
        "grantee" => false,
        "grants" | "grant-parties" => {
            matches!(who, Register)
                || (matches!(who, Municipality) && is_own)
                || (who == OtherMunicipality && whose != Some(Whose::Own))
        }
        other => panic!("operations.txt says `{other}`, which is nobody"),
    }
}

/// Kinds of addresses that name something of somebody's.
const KINDS: [&str; 7] = [
    "positions",
    "trainees",
    "supervisors",
    "leaders",
    "supervisor-assignments",
    "supervision-exemptions",
    "access-grants",
];

pub(super) fn kind_of(template: &str) -> Option<&'static str> {
    let mut parts = template.split('/').skip(2);
    let (kind, id) = (parts.next()?, parts.next()?);
    KINDS.into_iter().find(|known| *known == kind && id == "{id}")
}

pub(super) fn listed() -> BTreeMap<&'static str, &'static str> {
    let lines = OPERATIONS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').expect("an id and a word")).collect()
}

/// The address of an operation, on what `place` has.
pub(super) fn address(template: &str, world: &World, place: &Place, grant: &str) -> String {
    let kind = template.split('/').nth(2).unwrap_or("");
    let id = match kind {
        "access-grants" => grant,
        "programmes" => &world.programme,
        "alis-offices" => &world.office,
        "persons" => place.ids.get("persons").unwrap_or(&place.ids["trainees"]),
        kind => place.ids.get(kind).map_or("", String::as_str),
    };
    template
        .replace("{id}", id)
        .replace("{occupancy}", place.id("occupancies"))
        // The first fact of all: a municipality, which is nobody's in particular.
        .replace("{position}", "1")
        .replace("{term}", place.id("terms"))
        .replace("{plan}", "alm")
        .replace("{code}", "ALM-001")
        .replace("{version}", "demo-1")
        .replace("{municipality}", place.number)
        .replace("{number}", if kind == "organisations" { "999000134" } else { place.number })
}

#[test]
fn every_operation_says_in_the_matrix_whom_it_is_for() {
    let listed = listed();
    let operations: Vec<String> = Contract::of_program()
        .operations()
        .filter(|(template, _, _)| template.starts_with("/v1/"))
        .map(|(_, _, described)| described["operationId"].as_str().expect("an id").to_owned())
        .collect();
    let missing: Vec<&String> =
        operations.iter().filter(|id| !listed.contains_key(id.as_str())).collect();
    assert!(
        missing.is_empty(),
        "say in tests/it/access/operations.txt whom these are for: {missing:?}"
    );
    let gone: Vec<_> = listed.keys().filter(|id| !operations.iter().any(|op| op == *id)).collect();
    assert!(gone.is_empty(), "tests/it/access/operations.txt lists what is no operation: {gone:?}");
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_of_others() {
    let world = World::new().await;
    let listed = listed();
    let own_grant = find_grant(&world, world::OWN).await;
    let foreign = json!({"organisation_number": "999000215", "role": "system",
        "municipality": world::FOREIGN});
    let foreign_grant = world.client.post("/v1/access-grants", foreign).await.expect(201).id();
    let mut wrong = Vec::new();
    let mut cells = 0;
    for scenario in Scenario::value_variants() {
        let client = world.as_one(*scenario);
        for (template, method, described) in Contract::of_program().operations() {
            let Some(whom) = listed.get(described["operationId"].as_str().unwrap_or("")) else {
                continue; // the test above tells
            };
            let kind = kind_of(template);
            let places = [
                (Whose::Own, &world.own, &own_grant),
                (Whose::Foreign, &world.foreign, &foreign_grant),
            ];
            for (whose, place, grant) in places {
                // The directorate decides on what it does not see.
                let decides = *scenario == Scenario::Directorate && *whom == "directorate";
                let hidden = kind.is_some_and(|kind| !decides && !sees(*scenario, kind, whose));
                let theirs = kind.is_some() || template.starts_with("/v1/persons/");
                let expected = match (hidden, may(*scenario, whom, kind, theirs.then_some(whose))) {
                    (true, _) => Outcome::Hidden,
                    (false, true) => Outcome::Through,
                    (false, false) => Outcome::Forbidden,
                };
                let answer = ask(&client, &method, &address(template, &world, place, grant)).await;
                cells += 1;
                if outcome(&answer) != expected {
                    let status = answer.status;
                    wrong.push(format!(
                        "{} {method} {template} ({whose:?}): {status}, expected {expected:?}: {}",
                        scenario.word(),
                        answer.text
                    ));
                }
                if let Some(shown) = leak(*scenario, &world, &answer) {
                    wrong.push(format!("{} {}: tells {shown}", scenario.word(), answer.asked));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells > 3_000, "only {cells} cells were tried");
    world.instance.stop().await;
}

pub(super) async fn ask(
    client: &crate::support::client::Client,
    method: &str,
    path: &str,
) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    if method == Method::POST {
        return client.post(&format!("{path}?dry_run=true"), json!({})).await;
    }
    let query = if path.ends_with("/lookup") { "?name=Kommune%205401" } else { "" };
    client.get(&format!("{path}{query}")).await
}

pub(super) async fn find_grant(world: &World, municipality: &str) -> String {
    let path = format!("/v1/access-grants?municipality={municipality}");
    let found = world.client.get(&path).await.expect(200);
    found.body["items"][0]["id"].as_str().expect("the vendor has a grant").to_owned()
}

/// What an answer tells of the foreign municipality's individuals to somebody who may not see them.
fn leak(who: Scenario, world: &World, answer: &Answer) -> Option<String> {
    if matches!(who, Scenario::Loader | Scenario::Auditor | Scenario::OtherMunicipality) {
        return None;
    }
    // Whoever keeps the register answers requests for access of everybody's.
    if who == Scenario::Register && answer.asked.ends_with("/export") {
        return None;
    }
    let asked_about = |id: &str| answer.asked.contains(id);
    let secret = ["trainees", "positions", "leaders", "supervisor-assignments", "occupancies"];
    let ids = secret.iter().map(|kind| world.foreign.id(kind));
    let headers: String = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let shown = |word: &str| answer.text.contains(word) || headers.contains(word);
    let mut words = ids.filter(|id| !asked_about(id)).chain([MARK]);
    words.find(|word| shown(word)).map(str::to_owned)
}
