//! Through HTTP and several instances: every command counts once, and of two that contend one wins.

use alis::database::acting_as;
use alis::event_log::{DEFAULT_LOG, verify};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;

/// The same request, this often at once.
const COPIES: u32 = 50;
/// Doctors who contend for one position, and commands of the readers' hammer.
const CONTENDERS: u32 = 12;
const COMMANDS: u32 = 12;

fn trainee(number: u32) -> Value {
    json!({
        "hpr_number": (999_000_000 + number).to_string(), "name": "Kari Eksempel", "scheme": "new",
    })
}

async fn position(client: &Client) -> String {
    crate::support::sample::municipality(client, "5401").await;
    let body = json!({
        "municipality": "5401", "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2019-01-01",
    });
    client.post("/v1/positions", body).await.expect(201).id()
}

fn recorded(answer: &Answer) -> (u16, Option<&str>, Option<&str>, Option<&str>, &str) {
    let header = |name| answer.header(name);
    (answer.status, header("etag"), header("location"), header("log-position"), &answer.text)
}

async fn events_of(instance: &Instance, kind: &str) -> i64 {
    let client = instance.database.connect().await;
    let sql = "select count(*) from alis.event where log = 1 and type = $1";
    client.query_one(sql, &[&kind]).await.expect("it can be read").get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_identical_requests_at_once_are_one_fact_and_fifty_equal_answers() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    let key = [("Idempotency-Key", "the-same")];
    let posts = (0..COPIES).map(|number| {
        let client = &clients[usize::from(number % 2 == 0)];
        client.post_with("/v1/trainees", &key, trainee(1))
    });
    let answers = join_all(posts).await;
    assert_eq!(answers[0].status, 201, "{}", answers[0].text);
    for answer in &answers {
        assert_eq!(recorded(answer), recorded(&answers[0]));
    }
    assert_eq!(events_of(&instance, "trainee.registered.v1").await, 1);

    let reused = clients[0].post_with("/v1/trainees", &key, trainee(2)).await;
    reused.expect_problem(422, "key_reused");
    // The key says which request; without it the same words are a second request.
    clients[1].post("/v1/trainees", trainee(1)).await.expect_problem(409, "trainee_exists");
    other.stop().await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_commands_on_the_same_version_one_wins_and_the_other_is_told_what_it_missed() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    for round in 0..5 {
        let id = position(&clients[0]).await;
        let path = format!("/v1/positions/{id}");
        let read = clients[1].get(&path).await.expect(200);
        let version = read.header("etag").expect("a resource has a version").to_owned();
        let matched = [("If-Match", version.as_str())];
        let suspend = json!({"on": "2019-02-15", "reason": "no premises"});
        let paths = [format!("{path}/announcements"), format!("{path}/suspension")];
        let (announced, suspended) = tokio::join!(
            clients[0].post_with(&paths[0], &matched, json!({"on": "2019-02-01"})),
            clients[1].post_with(&paths[1], &matched, suspend),
        );
        let (winner, loser) =
            if announced.status == 200 { (announced, suspended) } else { (suspended, announced) };
        let winner = winner.expect(200);
        let loser = loser.expect_problem(412, "stale_version");
        assert_eq!(loser.header("etag"), winner.header("etag"), "round {round}");
        let unseen = loser.body["unseen_events"].as_array().expect("it says what was missed");
        let position = winner.position().to_string();
        assert_eq!(unseen.len(), 1, "{}", loser.text);
        assert_eq!(unseen[0]["position"], position.as_str());
    }
    other.stop().await;
    instance.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_position_one_gets_it_and_the_rules_tell_the_others() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    let id = position(&clients[0]).await;
    let mut trainees = Vec::new();
    for number in 1..=CONTENDERS {
        trainees.push(clients[0].post("/v1/trainees", trainee(number)).await.expect(201).id());
    }
    let path = format!("/v1/positions/{id}/occupancies");
    let posts = trainees.iter().zip(clients.iter().cycle()).map(|(trainee, client)| {
        let body = json!({
            "trainee": trainee, "from": "2019-05-01", "percent": 100, "operating_model": "salaried",
        });
        client.post(&path, body)
    });
    let answers = join_all(posts).await;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(won, 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "position_occupied");
    }
    assert_eq!(events_of(&instance, "position.filled.v1").await, 1);
    other.stop().await;
    instance.stop().await;
}

/// Follows the feed over HTTP as a consumer does, in pages of changing size and all by what the
/// answers say, until it has reached `end`.
async fn consume(client: &Client, end: tokio::sync::watch::Receiver<i64>) -> Vec<String> {
    let (mut after, mut limit, mut seen) = (0, 1, Vec::new());
    while after < *end.borrow() {
        limit = limit % 7 + 1;
        let path = format!("/v1/events?after={after}&limit={limit}&format=ndjson&wait=1");
        let answer = client.get(&path).await.expect(200);
        for line in answer.text.lines() {
            let event: Value = serde_json::from_str(line).expect("a line is an event");
            seen.push(format!("{} {}", event["position"], event["id"]));
        }
        after = answer.position();
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_of_several_instances_read_the_table_in_order() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    let (done, end) = tokio::sync::watch::channel(i64::MAX);
    let writing = async {
        let writers = (0..CONTENDERS).map(async |writer| {
            let client = &clients[usize::from(writer % 2 == 0)];
            for number in 0..COMMANDS {
                // Some numbers are taken by two writers: one registers, the other is refused.
                let trainee = trainee(1 + writer / 2 * COMMANDS + number);
                client.send(Method::POST, "/v1/trainees", &[], Some(trainee)).await;
            }
        });
        join_all(writers).await;
        let sql = "select head from alis.log where log = 1";
        let admin = instance.database.connect().await;
        done.send_replace(admin.query_one(sql, &[]).await.expect("it can be read").get(0));
    };
    let consumers = join_all([consume(&clients[0], end.clone()), consume(&clients[1], end)]);
    let seen = tokio::join!(consumers, writing).0;
    let client = instance.database.connect().await;
    let sql = "select format('\"%s\" \"%s\"', position, id) from alis.event where log = 1 \
               order by position";
    let rows = client.query(sql, &[]).await.expect("it can be read");
    let stored: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(stored.len(), usize::try_from(CONTENDERS / 2 * COMMANDS).expect("it is small"));
    assert_eq!(seen, [stored.clone(), stored]);

    let service = acting_as(&instance.database.admin, "alis_service");
    let pool = alis::database::pool(&service, 2).expect("a pool can be made");
    let report = verify::verify(&pool, DEFAULT_LOG, &|_| {}).await.expect("the log can be read");
    assert_eq!(report.findings, Vec::<String>::new());
    other.stop().await;
    instance.stop().await;
}
