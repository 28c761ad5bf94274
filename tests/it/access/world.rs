//! Two municipalities with a doctor, a position, a leader, a supervisor and an exemption each, and
//! everybody of the cast: most of them belong to Tromsø, none of them to Bodø.

use std::collections::BTreeMap;

use alis::identity::cast::{self, Scenario};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::curriculum::demo;
use crate::support::client::Client;
use crate::support::instance::{Instance, token_as};
use crate::support::sample;

/// The municipality that most of the cast belong to, and the other one.
pub const OWN: &str = "5401";
pub const FOREIGN: &str = "1804";

/// What stands in one municipality: ids by the kind of address.
pub struct Place {
    pub number: &'static str,
    pub ids: BTreeMap<&'static str, String>,
}

impl Place {
    /// The id of what this municipality has under an address such as `positions`.
    pub fn id(&self, kind: &str) -> &str {
        &self.ids[kind]
    }
}

pub struct World {
    pub instance: Instance,
    /// The loader's.
    pub client: Client,
    pub own: Place,
    pub foreign: Place,
    pub programme: String,
    pub office: String,
}

/// The HPR numbers of the persons in Tromsø are those of the cast.
struct Persons {
    trainee: &'static str,
    supervisor: &'static str,
    leader: &'static str,
}

const OWN_PERSONS: Persons =
    Persons { trainee: "999000001", supervisor: "999000101", leader: "999000203" };
const FOREIGN_PERSONS: Persons =
    Persons { trainee: "999000501", supervisor: "999000502", leader: "999000503" };

/// Words that stand in names of persons in Bodø, and must not reach anybody of the cast.
pub const MARK: &str = "Fremmedmerke";

impl World {
    pub async fn new() -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        for number in [OWN, FOREIGN] {
            sample::municipality(&client, number).await;
        }
        client.post("/v1/curricula", demo()).await.expect(201);
        organisations(&client).await;
        let office = office(&client).await;
        grants(&client).await;
        let programme = json!({"name": "ALIS-Nord", "from": "2019-01-01"});
        let programme = client.post("/v1/programmes", programme).await.expect(201).id();
        let own = place(&client, OWN, "Eget", &OWN_PERSONS).await;
        let foreign = place(&client, FOREIGN, MARK, &FOREIGN_PERSONS).await;
        clinical(&client, own.id("trainees")).await;
        Self { instance, client, own, foreign, programme, office }
    }

    /// A client of somebody of the cast.
    pub fn as_one(&self, scenario: Scenario) -> Client {
        self.client.showing(Some(&token_as(scenario)))
    }
}

/// A clinical supervisor of the doctor in Tromsø, who is no specialist.
async fn clinical(client: &Client, trainee: &str) {
    let person = json!({"name": "Klara Klinisk", "hpr_number": "999000102", "municipality": OWN});
    let supervisor = client.post("/v1/supervisors", person).await.expect(201).id();
    let assignment = json!({"supervisor": supervisor, "trainee": trainee, "kind": "clinical",
        "from": "2020-01-01", "mode": "on_site"});
    let assignment = client.post("/v1/supervisor-assignments", assignment).await.expect(201).id();
    let accepted = format!("/v1/supervisor-assignments/{assignment}/acceptance");
    client.post(&accepted, json!({"on": "2020-01-01"})).await.expect(200);
}

/// Today in Norway.
pub fn today() -> Date {
    alis::http::today()
}

async fn organisations(client: &Client) {
    for (number, name, municipality) in [
        (cast::MUNICIPALITY, "Tromsø kommune", OWN),
        (cast::OTHER_MUNICIPALITY, "Bodø kommune", FOREIGN),
    ] {
        let body = json!({"organisation_number": number, "name": name, "kind": "municipality",
            "municipality": municipality});
        client.post("/v1/organisations", body).await.expect(201);
    }
}

async fn office(client: &Client) -> String {
    let body = json!({"name": "ALIS Nord", "organisation_number": cast::OFFICE});
    let office = client.post("/v1/alis-offices", body).await.expect(201).id();
    let path = format!("/v1/alis-offices/{office}/municipalities");
    let body = json!({"municipality": OWN, "from": "2020-01-01"});
    client.post(&path, body).await.expect(200);
    office
}

/// A delegation by Tromsø that is accepted, or an appointment.
pub async fn grant(
    client: &Client,
    number: &str,
    role: &str,
    from: Date,
    to: Option<Date>,
) -> String {
    let municipality = (role == "system").then_some(OWN);
    let body = json!({"organisation_number": number, "role": role, "municipality": municipality,
        "from": from, "to": to});
    sample::granted(client, body).await
}

async fn grants(client: &Client) {
    let first = today().saturating_sub(30.days());
    for (number, role) in [
        (cast::VENDOR, "system"),
        (cast::DIRECTORATE, "directorate"),
        (cast::REPORTING, "reporting"),
        (cast::AUDITOR, "auditor"),
    ] {
        grant(client, number, role, first, None).await;
    }
}

async fn place(client: &Client, number: &'static str, word: &str, persons: &Persons) -> Place {
    let mut ids = BTreeMap::new();
    let person = |name: &str, hpr: &str| {
        json!({"name": format!("{name} {word}"), "hpr_number": hpr,
        "municipality": number})
    };
    let with = |mut body: Value, more: Value| {
        let more = more.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(more);
        body
    };
    let trainee = with(person("Kari", persons.trainee), json!({"scheme": "new"}));
    let trainee = client.post("/v1/trainees", trainee).await.expect(201).id();
    let position = json!({"municipality": number, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"});
    let position = client.post("/v1/positions", position).await.expect(201).id();
    let occupancy = json!({"trainee": trainee, "from": "2020-01-01", "percent": 100,
        "operating_model": "salaried"});
    let path = format!("/v1/positions/{position}/occupancies");
    ids.insert("occupancies", client.post(&path, occupancy).await.expect(201).id());
    let leader = with(person("Eva", persons.leader), json!({"from": "2019-01-01"}));
    let leader = client.post("/v1/leaders", leader).await.expect(201);
    let term = leader.body["terms"][0]["id"].as_str().expect("a term has an id").to_owned();
    let leader = leader.id();
    // Supervisors are shared, so this one's name does not hold the mark.
    let supervisor = json!({"name": "Siri Veileder", "hpr_number": persons.supervisor,
        "municipality": number, "specialist_since": "2010-01-01"});
    let supervisor = client.post("/v1/supervisors", supervisor).await.expect(201).id();
    let assignment = json!({"supervisor": supervisor, "trainee": trainee, "from": "2020-01-01",
        "mode": "on_site"});
    let assignment = client.post("/v1/supervisor-assignments", assignment).await.expect(201).id();
    let accepted = format!("/v1/supervisor-assignments/{assignment}/acceptance");
    client.post(&accepted, json!({"on": "2020-01-01"})).await.expect(200);
    let exemption = json!({"supervisor": supervisor, "municipality": number});
    let exemption = client.post("/v1/supervision-exemptions", exemption).await.expect(201).id();
    let plan = json!({"curriculum": "demo-1", "plan": "alm", "by": leader, "on": "2020-02-01"});
    client.post(&format!("/v1/trainees/{trainee}/plans"), plan).await.expect(201);
    ids.extend([
        ("trainees", trainee),
        ("positions", position),
        ("leaders", leader),
        ("terms", term),
        ("supervisors", supervisor),
        ("supervisor-assignments", assignment),
        ("supervision-exemptions", exemption),
    ]);
    Place { number, ids }
}
