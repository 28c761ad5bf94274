//! Two of everything that has ids in other systems.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::sample;

/// One of two.
pub struct Named {
    pub id: String,
    pub address: String,
    /// The id under which the list shows it: that of the position, for an occupancy.
    pub listed: String,
}

/// Two things of a kind; the first is called `payroll/1` since it was registered.
pub struct Two {
    pub member: &'static str,
    pub taken: &'static str,
    pub one: Named,
    pub other: Named,
    /// Where the first was registered in the log.
    pub registered: i64,
    /// What registered the other one.
    pub registration: (String, Value),
    list: &'static str,
}

impl Two {
    /// The list with what another system calls this.
    pub fn list(&self, id: &str) -> String {
        format!("/v1/{}=payroll/{id}", self.list)
    }
}

/// A kind: what it is called, the refusal, and the list that finds it.
type Kind = (&'static str, &'static str, &'static str);

async fn two(client: &Client, kind: Kind, bodies: [(&str, Value); 2]) -> Two {
    let (member, taken, list) = kind;
    let [(path, mut first), (other_path, second)] = bodies;
    first["external_ids"] = json!([{"system": "payroll", "id": "1"}]);
    let mut same = second.clone();
    same["external_ids"] = first["external_ids"].clone();
    let one = client.post(path, first).await.expect(201);
    client.post(other_path, same).await.expect_problem(409, taken);
    let other = client.post(other_path, second.clone()).await.expect(201);
    let named = |path: &str, id: String| {
        let above = path.strip_suffix("/occupancies").and_then(|above| above.split('/').nth(3));
        let listed = above.map_or(id.clone(), str::to_owned);
        Named { address: format!("{path}/{id}"), id, listed }
    };
    let registered = one.position();
    let registration = (other_path.to_owned(), second);
    let (one, other) = (named(path, one.id()), named(other_path, other.id()));
    Two { member, taken, one, other, registered, registration, list }
}

/// Two of each kind, in a municipality of their own.
pub async fn two_of_each(client: &Client) -> Vec<Two> {
    sample::municipality(client, "5401").await;
    let mut all = persons(client).await;
    all.extend(work(client, &all[0], &all[1]).await);
    let programme = |name: &str| ("/v1/programmes", json!({"name": name, "from": "2019-01-01"}));
    let kind = ("programme", "external_id_taken", "programmes?external_id");
    all.push(two(client, kind, [programme("One"), programme("Two")]).await);
    let office = |name: &str| ("/v1/alis-offices", json!({"name": name}));
    let kind = ("office", "external_id_taken", "alis-offices?external_id");
    all.push(two(client, kind, [office("One"), office("Two")]).await);
    all
}

async fn persons(client: &Client) -> Vec<Two> {
    let person = |path: &'static str, hpr: &str, more: (&str, Value)| {
        let mut body = json!({"hpr_number": hpr, "name": "Kari Eksempel"});
        body[more.0] = more.1;
        if path == "/v1/leaders" {
            body["municipality"] = json!("5401");
        }
        (path, body)
    };
    let kind = ("trainee", "external_id_taken", "trainees?external_id");
    let of = |hpr| person("/v1/trainees", hpr, ("scheme", json!("new")));
    let trainees = two(client, kind, [of("999000001"), of("999000002")]).await;
    let kind = ("supervisor", "external_id_taken", "supervisors?external_id");
    let of = |hpr| person("/v1/supervisors", hpr, ("specialist_since", json!("2010-01-01")));
    let supervisors = two(client, kind, [of("999000101"), of("999000102")]).await;
    let kind = ("leader", "external_id_taken", "leaders?external_id");
    let of = |hpr| person("/v1/leaders", hpr, ("from", json!("2019-01-01")));
    let leaders = two(client, kind, [of("999000201"), of("999000202")]).await;
    vec![trainees, supervisors, leaders]
}

/// What doctors and supervisors do.
async fn work(client: &Client, trainees: &Two, supervisors: &Two) -> Vec<Two> {
    let position = || {
        let body = json!({"municipality": "5401", "category": "regular_gp", "percent": 100,
            "intended_operating_model": "salaried", "from": "2019-01-01"});
        ("/v1/positions", body)
    };
    let kind = ("position", "external_id_taken", "positions?external_id");
    let positions = two(client, kind, [position(), position()]).await;
    let paths = [&positions.one, &positions.other].map(|it| format!("{}/occupancies", it.address));
    let occupancy = |trainee: &Named| {
        json!({"trainee": trainee.id, "from": "2020-01-01", "percent": 100,
            "operating_model": "salaried"})
    };
    let kind = ("occupancy", "external_id_taken", "positions?occupancy_external_id");
    let bodies = [(&*paths[0], occupancy(&trainees.one)), (&*paths[1], occupancy(&trainees.other))];
    let occupancies = two(client, kind, bodies).await;
    let assignment = |supervisor: &Named, trainee: &Named| {
        let body = json!({"supervisor": supervisor.id, "trainee": trainee.id,
            "from": "2020-01-01", "mode": "on_site"});
        ("/v1/supervisor-assignments", body)
    };
    let kind = ("assignment", "external_id_taken", "supervisor-assignments?external_id");
    let bodies = [
        assignment(&supervisors.one, &trainees.one),
        assignment(&supervisors.other, &trainees.other),
    ];
    let assignments = two(client, kind, bodies).await;
    let exemption = |supervisor: &Named| {
        let body = json!({"supervisor": supervisor.id, "municipality": "5401"});
        ("/v1/supervision-exemptions", body)
    };
    let kind = ("exemption", "external_id_taken", "supervision-exemptions?external_id");
    let bodies = [exemption(&supervisors.one), exemption(&supervisors.other)];
    let exemptions = two(client, kind, bodies).await;
    vec![positions, occupancies, assignments, exemptions]
}
