//! Every problem that the service can answer is one that some test has provoked.

use std::path::Path;

use alis::http::openapi::all_problems;

use crate::support::instance::Instance;
use crate::support::sample;
use crate::support::source::{files, text};

#[test]
fn every_problem_is_looked_for_by_some_test() {
    // Not among those that only describe problems.
    let tests = files("tests/it", "rs").into_iter().filter(|path| {
        !path.starts_with("tests/it/support") && path != Path::new("tests/it/openapi.rs")
    });
    let all: String = tests.map(|path| text(&path)).collect();
    let names = |code: &str| all.contains(&format!("\"{code}\""));
    let missing: Vec<&str> = all_problems()
        .into_iter()
        .map(|problem| problem.code)
        .filter(|code| !names(code))
        .collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}

#[tokio::test]
async fn what_the_log_holds_and_cannot_be_read_is_our_error_and_tells_nothing_of_it() {
    let instance = Instance::start().await;
    let client = instance.client();
    let trainee = sample::trainee(&client, "999000001").await;
    let admin = instance.database.connect().await;
    let damage = "alter table alis.event disable trigger all;
        update alis.event set payload = '{\"scheme\": \"of old\"}'";
    admin.batch_execute(damage).await.expect("the owner can");
    let answer = client.get(&format!("/v1/trainees/{trainee}/learning-goals")).await;
    let answer = answer.expect_problem(500, "internal_error");
    for inside in ["scheme", "trainee.registered", "missing field", "position"] {
        assert!(!answer.text.contains(inside), "{inside} in {}", answer.text);
    }
    instance.stop().await;
}
