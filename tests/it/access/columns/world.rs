//! For each standing a municipality of its own, where everybody whose access comes from a dated
//! relation has that relation, and it stands so.

use std::collections::BTreeMap;

use alis::identity::cast::{self, Scenario};
use alis::identity::issuer::Shape;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::access::world::{FOREIGN, Place, World, today};
use crate::support::client::Client;
use crate::support::instance::token_with;
use crate::support::sample;

/// How the relation stands that gives somebody their access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationState {
    /// Its last day was yesterday, as it was told from the beginning.
    Expired,
    /// Its first day is tomorrow.
    Future,
    /// It was told to go on, and then ended as of yesterday, or never to have been.
    Revoked,
    /// It holds, and was lent by whoever has it themselves.
    Delegated,
}

/// Everybody whose access comes from a dated relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A system that the municipality has delegated to, calling for it.
    Vendor,
    /// The same, calling in its own name.
    System,
    /// An ALIS office that answers for the municipality.
    Office,
    /// A leader.
    Leader,
    /// Who leads on behalf of another leader.
    Deputy,
    /// A supervisor of a doctor there.
    Supervisor,
    /// A clinical supervisor of that doctor.
    Clinical,
    /// Another doctor, who comes from Bodø to a position there.
    Trainee,
    /// The municipality, looking at that other doctor.
    Municipality,
    /// Bodø, which registered that other doctor.
    Home,
    Directorate,
    Reporting,
    Auditor,
}

/// Somebody, and what is asked about: ids by the kind of address.
pub struct Row {
    pub who: Holder,
    pub client: Client,
    pub place: Place,
}

pub struct Column {
    pub relation_state: RelationState,
    pub rows: Vec<Row>,
}

/// A word in the names of doctors of these municipalities.
pub const MARK: &str = "Kolonnemerke";

/// The municipalities of the columns.
const NUMBERS: [(RelationState, &str); 4] = [
    (RelationState::Expired, "5402"),
    (RelationState::Future, "5403"),
    (RelationState::Revoked, "5404"),
    (RelationState::Delegated, "5405"),
];

type Ids = BTreeMap<&'static str, String>;

/// Every column. Numbers of organisations and persons are counted on through all of them.
pub async fn columns(world: &World) -> Vec<Column> {
    let mut columns = Vec::new();
    for (nth, (relation_state, number)) in (0..).zip(NUMBERS) {
        let numbers = Numbers { organisation: 99_910_000 + 100 * nth, person: 999_002_000 };
        let mut builder = Builder {
            world,
            client: &world.client,
            relation_state,
            number,
            numbers: Numbers { person: numbers.person + 100 * nth, ..numbers },
            rows: Vec::new(),
        };
        builder.build().await;
        columns.push(Column { relation_state, rows: builder.rows });
    }
    columns
}

struct Numbers {
    /// Without its check digit.
    organisation: u32,
    person: u32,
}

impl Numbers {
    fn person(&mut self) -> String {
        self.person += 1;
        self.person.to_string()
    }

    /// The next number with a check digit.
    fn organisation(&mut self) -> String {
        loop {
            self.organisation += 1;
            let digits = self.organisation.to_string();
            let weighed = digits.bytes().zip([3, 2, 7, 6, 5, 4, 3, 2]);
            let sum: u32 = weighed.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
            match (11 - sum % 11) % 11 {
                10 => {}
                check => return format!("{digits}{check}"),
            }
        }
    }
}

struct Builder<'a> {
    world: &'a World,
    client: &'a Client,
    relation_state: RelationState,
    number: &'static str,
    numbers: Numbers,
    rows: Vec<Row>,
}

fn yesterday() -> Date {
    today().yesterday().expect("a day")
}

impl Builder<'_> {
    /// The days of a relation, as they are told first.
    fn days(&self, from: Date) -> (Date, Option<Date>) {
        match self.relation_state {
            RelationState::Expired => (from, Some(yesterday())),
            RelationState::Future => (today().tomorrow().expect("a day"), None),
            RelationState::Revoked | RelationState::Delegated => (from, None),
        }
    }

    fn is_revoked(&self) -> bool {
        self.relation_state == RelationState::Revoked
    }

    async fn made(&self, path: &str, body: Value) -> String {
        self.client.post(path, body).await.expect(201).id()
    }

    async fn shown(&self, path: &str, body: Value) {
        self.client.post(path, body).await.expect(200);
    }

    fn row(&mut self, who: Holder, (shape, claims): (Shape, Value), ids: &Ids) {
        let client = self.client.showing(Some(&token_with(shape, &claims)));
        let place = Place { number: self.number, ids: ids.clone() };
        self.rows.push(Row { who, client, place });
    }

    async fn build(&mut self) {
        sample::municipality(self.client, self.number).await;
        let municipality = self.numbers.organisation();
        let body = json!({"organisation_number": municipality, "name": "Kommunen",
            "kind": "municipality", "municipality": self.number});
        self.client.post("/v1/organisations", body).await.expect(201);
        let mut ids = Ids::new();
        self.leader(&mut ids).await;
        self.trainee(&mut ids).await;
        let vendor = self.numbers.organisation();
        ids.insert("access-grants", self.grant(&vendor, "system").await);
        self.supervisors(&mut ids).await;
        self.systems(&municipality, &vendor, &ids);
        self.leaders(&ids).await;
        if self.relation_state != RelationState::Delegated {
            self.office(&ids).await;
            self.newcomer(&municipality, &ids).await;
            self.granted(&ids).await;
        }
    }

    /// A leader whose term stands whatever the others do.
    async fn leader(&mut self, ids: &mut Ids) {
        let body = json!({"name": "Lars Leder", "hpr_number": self.numbers.person(),
            "municipality": self.number, "from": "2019-01-01"});
        let leader = self.client.post("/v1/leaders", body).await.expect(201);
        let term = leader.body["terms"][0]["id"].as_str().expect("an id").to_owned();
        ids.extend([("leaders", leader.id()), ("terms", term)]);
    }

    /// A doctor who holds a position there, and has a plan.
    async fn trainee(&mut self, ids: &mut Ids) {
        let body = json!({"name": format!("Dina {MARK}"), "hpr_number": self.numbers.person(),
            "municipality": self.number, "scheme": "new"});
        let trainee = self.made("/v1/trainees", body).await;
        let (from, to) = (Date::constant(2020, 1, 1), None);
        let (position, occupancy) = self.employ(self.number, &trainee, from, to).await;
        let plan = json!({"curriculum": "demo-1", "plan": "alm", "by": ids["leaders"],
            "on": "2020-02-01"});
        self.made_plan(&trainee, plan).await;
        ids.extend([("trainees", trainee), ("positions", position), ("occupancies", occupancy)]);
    }

    async fn made_plan(&self, trainee: &str, plan: Value) {
        self.client.post(&format!("/v1/trainees/{trainee}/plans"), plan).await.expect(201);
    }

    async fn employ(
        &self,
        number: &str,
        trainee: &str,
        from: Date,
        to: Option<Date>,
    ) -> (String, String) {
        let position = json!({"municipality": number, "category": "regular_gp", "percent": 100,
            "intended_operating_model": "salaried", "from": "2020-01-01"});
        let position = self.made("/v1/positions", position).await;
        let fill = json!({"trainee": trainee, "from": from, "to": to, "percent": 100,
            "operating_model": "salaried"});
        let occupancy = self.made(&format!("/v1/positions/{position}/occupancies"), fill).await;
        (position, occupancy)
    }

    async fn assign(&self, supervisor: &str, trainee: &str, kind: &str) -> String {
        let (from, to) = self.days(Date::constant(2020, 1, 1));
        let body = json!({"supervisor": supervisor, "trainee": trainee, "kind": kind, "from": from,
            "to": to, "mode": "on_site"});
        let assignment = self.made("/v1/supervisor-assignments", body).await;
        let accepted = format!("/v1/supervisor-assignments/{assignment}/acceptance");
        self.shown(&accepted, json!({})).await;
        assignment
    }

    async fn supervisors(&mut self, ids: &mut Ids) {
        let mut clinical = Ids::new();
        let mut persons = Vec::new();
        for kind in ["individual", "clinical"] {
            let number = self.numbers.person();
            let body = json!({"name": "Siri Veileder", "hpr_number": number,
                "municipality": self.number, "specialist_since": "2010-01-01"});
            let supervisor = self.made("/v1/supervisors", body).await;
            let assignment = self.assign(&supervisor, &ids["trainees"], kind).await;
            let shown = [("supervisors", supervisor), ("supervisor-assignments", assignment)];
            if kind == "clinical" {
                clinical.extend(shown)
            } else {
                ids.extend(shown)
            }
            persons.push(number);
        }
        let exemption = json!({"supervisor": ids["supervisors"], "municipality": self.number});
        let exemption = self.made("/v1/supervision-exemptions", exemption).await;
        ids.insert("supervision-exemptions", exemption);
        if self.is_revoked() {
            let path = |id: &str, act| format!("/v1/supervisor-assignments/{id}/{act}");
            let end = json!({"to": yesterday(), "reason": "other"});
            self.shown(&path(&ids["supervisor-assignments"], "end"), end).await;
            let never = json!({"entered_in_error": true, "reason": "Somebody else"});
            self.shown(&path(&clinical["supervisor-assignments"], "correction"), never).await;
        }
        if self.relation_state == RelationState::Delegated {
            return;
        }
        let mut own = ids.clone();
        own.insert("persons", own["supervisors"].clone());
        self.row(Holder::Supervisor, person(&persons[0]), &own);
        own.extend(clinical);
        own.insert("persons", own["supervisors"].clone());
        self.row(Holder::Clinical, person(&persons[1]), &own);
    }

    /// A grant that stands so; answers its id.
    async fn grant(&self, organisation: &str, role: &str) -> String {
        let (from, to) = self.days(today().saturating_sub(30.days()));
        let municipality = (role == "system").then_some(self.number);
        let body = json!({"organisation_number": organisation, "role": role,
            "municipality": municipality, "from": from, "to": to});
        let grant = sample::granted(self.client, body).await;
        if self.is_revoked() {
            let end = format!("/v1/access-grants/{grant}/end");
            self.shown(&end, json!({"to": yesterday()})).await;
        }
        grant
    }

    fn systems(&mut self, municipality: &str, vendor: &str, ids: &Ids) {
        let (shape, mut through) = organisation(municipality);
        through["supplier"] = through["consumer"].clone();
        through["supplier"]["ID"] = json!(format!("0192:{vendor}"));
        self.row(Holder::Vendor, (shape, through), ids);
        self.row(Holder::System, organisation(vendor), ids);
    }

    /// A leader whose term stands so, and one who leads on behalf of a leader whose term does.
    async fn leaders(&mut self, ids: &Ids) {
        let (from, to) = self.days(Date::constant(2020, 1, 1));
        let (own, other) = (self.numbers.person(), self.numbers.person());
        let mut body = json!({"name": "Eva Leder", "hpr_number": own, "municipality": self.number,
            "from": from, "to": to});
        let leader = self.client.post("/v1/leaders", body.clone()).await.expect(201);
        body["hpr_number"] = json!(other);
        body["delegated_by"] = json!(leader.id());
        body["to"] = Value::Null;
        let deputy = self.client.post("/v1/leaders", body).await.expect(201);
        let term = leader.body["terms"][0]["id"].as_str().expect("an id").to_owned();
        if self.is_revoked() {
            let correction = format!("/v1/leaders/{}/terms/{term}/correction", leader.id());
            let never = json!({"entered_in_error": true, "reason": "Somebody else"});
            self.shown(&correction, never).await;
        }
        for (who, number, answer) in
            [(Holder::Leader, own, &leader), (Holder::Deputy, other, &deputy)]
        {
            if who == Holder::Leader && self.relation_state == RelationState::Delegated {
                continue; // on their own account: in the matrix of those whose relation holds
            }
            let term = answer.body["terms"][0]["id"].as_str().expect("an id").to_owned();
            let mut ids = ids.clone();
            ids.extend([("leaders", answer.id()), ("terms", term), ("persons", answer.id())]);
            self.row(who, person(&number), &ids);
        }
    }

    async fn office(&mut self, ids: &Ids) {
        let number = self.numbers.organisation();
        let body = json!({"name": "ALIS-kontoret", "organisation_number": number});
        let office = self.made("/v1/alis-offices", body).await;
        let (from, to) = self.days(Date::constant(2020, 1, 1));
        let path = format!("/v1/alis-offices/{office}/municipalities");
        let body = json!({"municipality": self.number, "from": from, "to": to});
        self.shown(&path, body).await;
        if self.is_revoked() {
            let never = json!({"municipality": self.number, "recorded_from": from,
                "entered_in_error": true, "reason": "Another office"});
            self.shown(&format!("{path}/correction"), never).await;
        }
        self.row(Holder::Office, organisation(&number), ids);
    }

    /// A doctor from Bodø, whose time in a position there stands so.
    async fn newcomer(&mut self, municipality: &str, ids: &Ids) {
        let number = self.numbers.person();
        let body = json!({"name": format!("Nils {MARK}"), "hpr_number": number,
            "municipality": FOREIGN, "scheme": "new"});
        let trainee = self.made("/v1/trainees", body).await;
        let before = (Date::constant(2020, 1, 1), Some(Date::constant(2020, 12, 31)));
        self.employ(FOREIGN, &trainee, before.0, before.1).await;
        let plan = json!({"curriculum": "demo-1", "plan": "alm",
            "by": self.world.foreign.id("leaders"), "on": "2020-02-01"});
        self.made_plan(&trainee, plan).await;
        let supervisor = self.world.foreign.id("supervisors");
        let body = json!({"supervisor": supervisor, "trainee": trainee, "from": "2020-01-01",
            "mode": "on_site"});
        let assignment = self.made("/v1/supervisor-assignments", body).await;
        let (from, to) = self.days(Date::constant(2021, 1, 1));
        let (position, occupancy) = self.employ(self.number, &trainee, from, to).await;
        if self.is_revoked() {
            let path = format!("/v1/positions/{position}/occupancies/{occupancy}/correction");
            let never = json!({"entered_in_error": true, "reason": "Somebody else"});
            self.shown(&path, never).await;
        }
        let mut ids = ids.clone();
        ids.extend([
            ("persons", trainee.clone()),
            ("trainees", trainee),
            ("positions", position),
            ("occupancies", occupancy),
            ("supervisor-assignments", assignment),
        ]);
        self.row(Holder::Trainee, person(&number), &ids);
        self.row(Holder::Municipality, organisation(municipality), &ids);
        self.row(Holder::Home, organisation(cast::OTHER_MUNICIPALITY), &ids);
    }

    async fn granted(&mut self, ids: &Ids) {
        for (who, role) in [
            (Holder::Directorate, "directorate"),
            (Holder::Reporting, "reporting"),
            (Holder::Auditor, "auditor"),
        ] {
            let number = self.numbers.organisation();
            let mut ids = ids.clone();
            ids.insert("access-grants", self.grant(&number, role).await);
            self.row(who, organisation(&number), &ids);
        }
    }
}

fn organisation(number: &str) -> (Shape, Value) {
    let (shape, mut claims) = Scenario::Municipality.claims();
    claims["consumer"]["ID"] = json!(format!("0192:{number}"));
    (shape, claims)
}

fn person(hpr_number: &str) -> (Shape, Value) {
    let (shape, mut claims) = Scenario::Leader.claims();
    claims["helseid://claims/hpr/hpr_number"] = json!(hpr_number);
    (shape, claims)
}
