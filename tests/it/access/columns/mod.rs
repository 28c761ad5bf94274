//! Every operation by everybody whose access comes from a dated relation, while that relation is
//! over, still to come, taken back, or lent: the further columns of [`super::matrix`].
//!
//! What is expected is written down here and in `operations.txt`. Access ends with the relation;
//! what stays is what is one's own (oneself, one's own grant, an assignment that one had), and what
//! was done before.

mod world;

use futures_util::StreamExt as _;

use super::matrix::{Outcome, address, ask, kind_of, listed, outcome};
use super::world::World;
use crate::support::client::{Answer, Client};
use crate::support::contract::Contract;
use world::{Column, Holder, MARK, RelationState, Row, columns};

/// Callers who ask at the same time.
const CALLERS_MAX: usize = 8;

const ALL: &[&str] = &[
    "positions",
    "trainees",
    "supervisors",
    "leaders",
    "supervisor-assignments",
    "supervision-exemptions",
    "access-grants",
];

/// The kinds of addresses under which somebody sees what the row names; all others are hidden.
fn seen(who: Holder, relation_state: RelationState) -> &'static [&'static str] {
    use Holder::*;
    use RelationState::*;
    match (who, relation_state) {
        // What is lent is as good as one's own.
        (Vendor | System | Deputy, Delegated) => ALL,
        // Through a supplier nobody is themselves.
        (Vendor, Expired | Future | Revoked) | (Office, _) => &[],
        // Their own grant.
        (System | Directorate | Reporting | Auditor, _) => &["access-grants"],
        // Themselves.
        (Leader | Deputy, _) => &["leaders"],
        // Whoever has said yes prepares; whoever had an assignment goes on seeing that it was, and
        // not the doctor.
        (Supervisor, Future) => &[
            "positions",
            "trainees",
            "supervisors",
            "supervisor-assignments",
            "supervision-exemptions",
        ],
        (Supervisor, _) => &["supervisors", "supervisor-assignments", "supervision-exemptions"],
        (Clinical, Future) => &["positions", "trainees", "supervisors", "supervisor-assignments"],
        // There never was such an assignment, so there is nothing to see of it.
        (Clinical, Revoked) => &["supervisors"],
        (Clinical, _) => &["supervisors", "supervisor-assignments"],
        // A doctor's own stays theirs, with the positions they have held. One that they never held
        // is not among them.
        (Trainee, Revoked) => &["trainees", "supervisors", "supervisor-assignments"],
        (Trainee, _) => &["positions", "trainees", "supervisors", "supervisor-assignments"],
        // A doctor who is to come is the new municipality's from the moment it is told, and between
        // positions the one's that registered them.
        (Municipality, Future) => ALL,
        (Municipality, _) => {
            &["positions", "supervisors", "leaders", "supervision-exemptions", "access-grants"]
        }
        // The assignment is filed under Bodø, where the doctor worked on its first day.
        (Home, Future) => &["supervisors", "supervisor-assignments"],
        (Home, _) => &["trainees", "supervisors", "supervisor-assignments"],
    }
}

/// Whether somebody may do what is for `whom` to what they see.
fn may(who: Holder, relation_state: RelationState, whom: &str, kind: Option<&str>) -> bool {
    use Holder::*;
    let lent = relation_state == RelationState::Delegated;
    let has_grant = matches!(who, System | Directorate | Reporting | Auditor);
    let is_person = matches!(who, Leader | Deputy | Supervisor | Clinical | Trainee);
    let system = match who {
        Vendor | System => lent,
        Municipality => true,
        Home => kind != Some("supervisors"),
        Office | Leader | Deputy | Supervisor | Clinical | Trainee | Directorate | Reporting
        | Auditor => false,
    };
    match whom {
        "everybody" | "those-who-see" => true,
        // An office without municipalities is an office, and a supervisor without doctors one.
        "any-role" => match who {
            Vendor | System | Deputy => lent,
            Office | Supervisor | Clinical | Trainee | Municipality | Home => true,
            Leader | Directorate | Reporting | Auditor => false,
        },
        // Nothing that they are shows anybody ever.
        "those-who-see-somebody" => match who {
            Vendor | System | Deputy => lent,
            Office | Supervisor | Clinical | Trainee | Municipality | Home => true,
            Leader | Directorate | Reporting | Auditor => false,
        },
        "register" | "directorate" => false,
        "programmes" => who == Office,
        "municipality" | "leader" => system || (who == Deputy && lent),
        "trainee" => system || who == Trainee,
        // The supervisor is Bodø's, and so is the answer to the proposal.
        "supervisor" if who == Municipality && kind == Some("supervisor-assignments") => false,
        "supervisor" => system || matches!(who, Supervisor | Clinical),
        // What is held on somebody is theirs to know, whatever they are no longer.
        "own-data" | "access-log" => is_person,
        // What was granted to somebody is theirs to answer and to give back, however it stands.
        "grantee" => has_grant,
        "grant-parties" => has_grant || who == Municipality,
        "grants" => who == Municipality || (who == Home && kind.is_none()),
        other => panic!("operations.txt says `{other}`, which is nobody"),
    }
}

fn expected(
    row: &Row,
    relation_state: RelationState,
    id: &str,
    whom: &str,
    kind: Option<&str>,
) -> Outcome {
    let seen = seen(row.who, relation_state);
    if kind.is_some_and(|kind| !seen.contains(&kind)) {
        return Outcome::Hidden;
    }
    // The position is the municipality's, and nobody ever held it.
    if (relation_state, id) == (RelationState::Revoked, "read_occupancy") {
        return Outcome::Hidden;
    }
    if may(row.who, relation_state, whom, kind) { Outcome::Through } else { Outcome::Forbidden }
}

/// Asks every operation as somebody; answers how many, and what was wrong.
async fn ask_all(
    world: &World,
    relation_state: RelationState,
    row: &Row,
    after: i64,
) -> (usize, Vec<String>) {
    let listed = listed();
    let name = format!("{:?} ({relation_state:?})", row.who);
    let mut wrong = Vec::new();
    let mut cells = 0;
    for (template, method, described) in Contract::of_program().operations() {
        let id = described["operationId"].as_str().unwrap_or("");
        let Some(whom) = listed.get(id) else { continue }; // the test of the matrix tells
        let path = match id {
            "read_events" => format!("/v1/events?after={after}&limit=1000"),
            _ => address(template, world, &row.place, row.place.id("access-grants")),
        };
        let answer = ask(&row.client, &method, &path).await;
        let expected = expected(row, relation_state, id, whom, kind_of(template));
        cells += 1;
        if outcome(&answer) != expected {
            let Answer { status, text, .. } = &answer;
            wrong.push(format!("{name} {id}: {status}, expected {expected:?}: {text}"));
        }
        wrong.extend(
            leak(row, relation_state, &answer).map(|shown| format!("{name} {id}: tells {shown}")),
        );
    }
    wrong.extend(lists(row, relation_state).await.into_iter().map(|what| format!("{name} {what}")));
    (cells, wrong)
}

/// What an answer tells of doctors whom the caller does not see.
fn leak(row: &Row, relation_state: RelationState, answer: &Answer) -> Option<String> {
    if seen(row.who, relation_state).contains(&"trainees") {
        return None;
    }
    // Bodø and the municipality have other doctors with names like this one's.
    if matches!(row.who, Holder::Home | Holder::Municipality) {
        return None;
    }
    // Whoever had an assignment sees by its id whom it was for.
    let knows_ids = matches!(row.who, Holder::Supervisor | Holder::Clinical);
    let ids = ["trainees", "positions", "occupancies"].map(|kind| row.place.id(kind));
    let ids = ids.into_iter().filter(|id| !knows_ids && !answer.asked.contains(*id));
    ids.chain([MARK]).find(|word| answer.text.contains(word)).map(str::to_owned)
}

/// Lists hold what addresses show, and nothing else, also when they are about a day on which the
/// relation was one.
async fn lists(row: &Row, relation_state: RelationState) -> Vec<String> {
    let mut wrong = Vec::new();
    for kind in ["trainees", "supervisor-assignments"] {
        let sees = seen(row.who, relation_state).contains(&kind);
        let list = row.client.get(&format!("/v1/{kind}?limit=200")).await.expect(200);
        if list.text.contains(row.place.id(kind)) != sees {
            wrong.push(format!("lists {kind}: expected {sees}: {}", list.text));
        }
    }
    // The registration of a doctor is heard of by whose the doctor is, and by where it is filed.
    let sees = row.who == Holder::Home || seen(row.who, relation_state).contains(&"trainees");
    let path = format!("/v1/events?subject=trainee:{}&limit=1000", row.place.id("trainees"));
    let feed = row.client.get(&path).await.expect(200);
    if feed.text.contains("trainee.registered") != sees {
        wrong.push(format!("hears of the doctor: expected {sees}: {}", feed.text));
    }
    for path in
        ["trainees", "positions", "leaders", "supervisor-assignments", "reports/goal-progress"]
    {
        let answer = row.client.get(&format!("/v1/{path}?as_of=2021-06-30")).await;
        wrong.extend(
            leak(row, relation_state, &answer).map(|shown| format!("{path} then: tells {shown}")),
        );
    }
    wrong
}

/// Waits until every list shows what was recorded last.
async fn settle(client: &Client) {
    let head = client.get("/v1/municipalities").await.expect(200).position().to_string();
    for kind in ALL {
        let wait = [("Min-Log-Position", head.as_str())];
        client.get_with(&format!("/v1/{kind}"), &wait).await.expect(200);
    }
}

#[tokio::test]
async fn who_no_longer_or_not_yet_has_a_relation_gets_what_is_their_own() {
    let world = World::new().await;
    let after = world.client.get("/v1/municipalities").await.expect(200).position();
    let columns: Vec<Column> = columns(&world).await;
    settle(&world.client).await;
    let rows = columns
        .iter()
        .flat_map(|column| column.rows.iter().map(|row| (column.relation_state, row)));
    let asked = rows.map(|(relation_state, row)| ask_all(&world, relation_state, row, after));
    let all: Vec<_> =
        futures_util::stream::iter(asked).buffer_unordered(CALLERS_MAX).collect().await;
    let cells: usize = all.iter().map(|(cells, _)| cells).sum();
    let wrong: Vec<String> = all.into_iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells > 4_500, "only {cells} cells were tried");
    world.instance.stop().await;
}
