//! What the service logs where nobody looks at a terminal: JSON lines, each of a request with the
//! request's id and trace.

use serde_json::Value;

use crate::support::operator::Operator;
use crate::support::postgres::{TestDatabase, fresh};
use crate::support::sample;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The lines that a service logs at a level while it answers a request that fails, by its id.
async fn logged(level: &str, id: &str) -> (TestDatabase, Vec<Value>) {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let served = operator.serve_with(&[("RUST_LOG", level)]).await;
    let client = served.client();
    let trainee = sample::trainee(&client, "999000001").await;
    let damage = "alter table alis.event disable trigger all; update alis.event set payload = '{}'";
    database.connect().await.batch_execute(damage).await.expect("the owner can");
    let headers = [("X-Request-Id", id), ("traceparent", TRACE)];
    let path = format!("/v1/trainees/{trainee}/learning-goals");
    client.get_with(&path, &headers).await.expect_problem(500, "internal_error");
    assert!(served.stop().success());
    let logged = operator.logged();
    let lines = logged
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    (database, lines.collect())
}

#[tokio::test]
async fn every_line_is_json_and_names_the_request_and_its_trace() {
    let (_database, lines) = logged("alis=debug", "asked-1").await;
    let of_request: Vec<&Value> =
        lines.iter().filter(|line| line["span"]["request.id"] == "asked-1").collect();
    for line in &of_request {
        assert_eq!(line["span"]["traceparent"], TRACE, "{line}");
        assert_eq!(line["span"]["http.method"], "GET", "{line}");
    }
    for message in ["A request failed", "Answered 500"] {
        assert!(of_request.iter().any(|line| line["message"] == message), "{lines:#?}");
    }
}

#[tokio::test]
async fn a_line_names_its_request_also_where_only_errors_are_logged() {
    for level in ["warn", "error"] {
        let (_database, lines) = logged(level, "asked-2").await;
        let failed = lines.iter().find(|line| line["message"] == "A request failed");
        let failed = failed.unwrap_or_else(|| panic!("nothing is told of it: {lines:#?}"));
        let span = &failed["span"];
        assert_eq!((&span["request.id"], &span["traceparent"]), (&"asked-2".into(), &TRACE.into()));
    }
}

#[tokio::test]
async fn whoever_keeps_no_anchor_is_told_so_at_the_start() {
    let recorded = "No anchor is kept";
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    assert!(operator.serve().await.stop().success());
    assert!(operator.logged().contains(recorded), "{}", operator.logged());
    let operator = Operator::on(&database.admin);
    let anchor = operator.data_dir().with_extension("anchors");
    let setting = [("ALIS_ANCHOR_FILE", anchor.to_str().expect("it is text"))];
    assert!(operator.serve_with(&setting).await.stop().success());
    assert!(!operator.logged().contains(recorded), "{}", operator.logged());
}

#[tokio::test]
async fn an_issuer_whose_tokens_are_bound_needs_the_address_that_proofs_name() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let issuers = operator.data_dir().with_extension("json");
    let entry = serde_json::json!([{"issuer": "https://issuer.example/", "shape": "helseid",
        "audience": "https://alis.example", "algorithms": ["RS256"],
        "jwks_url": "https://issuer.example/jwks", "require_dpop": true}]);
    std::fs::write(&issuers, entry.to_string()).expect("our own directory is writable");
    let file = ("ALIS_ISSUERS_FILE", issuers.to_str().expect("it is text"));
    let complaint = operator.run_with(&["serve"], &[file]).await.complaint();
    assert!(complaint.contains("ALIS_PUBLIC_URL must say"), "{complaint}");
    let url = ("ALIS_PUBLIC_URL", "https://alis.example");
    assert!(operator.serve_with(&[file, url]).await.stop().success());
}

#[tokio::test]
async fn the_help_names_what_is_read_from_the_environment_only() {
    let help = Operator::private().run(&["serve", "--help"]).await.printed();
    assert!(help.contains("PG_BIN") && help.contains("RUST_LOG"), "{help}");
}
