//! Proof of possession: a bound token is good only with a proof by its key, for this request, once.

use alis::identity::issuer::Shape;
use serde_json::{Value, json};

use super::forge::{Prover, claims, header, signed};
use super::{ORGANISATION, PUBLIC_URL, Trusting};
use crate::support::client::Answer;

const PATH: &str = "/v1/positions";

async fn ask(trusting: &Trusting, scheme: &str, token: &str, proof: Option<&str>) -> Answer {
    let authorization = format!("{scheme} {token}");
    let mut headers = vec![("Authorization", authorization.as_str())];
    headers.extend(proof.map(|proof| ("DPoP", proof)));
    trusting.stranger.get_with(PATH, &headers).await
}

fn bound(prover: &Prover) -> String {
    let mut claims = claims(ORGANISATION);
    claims["cnf"] = json!({ "jkt": prover.thumbprint() });
    signed(&header(), &claims)
}

fn url() -> String {
    format!("{PUBLIC_URL}{PATH}")
}

#[tokio::test]
async fn a_bound_token_is_good_with_a_proof_and_only_once_with_each() {
    let trusting = Trusting::new(Shape::Maskinporten, true).await;
    let prover = Prover::new();
    let token = bound(&prover);
    let good = Prover::claims("GET", &url(), &token);
    let proof = prover.proof(&good);
    ask(&trusting, "DPoP", &token, Some(&proof)).await.expect(200);
    ask(&trusting, "DPoP", &token, Some(&proof)).await.expect_problem(401, "token_refused");
    let again = prover.proof(&Prover::claims("GET", &url(), &token));
    ask(&trusting, "dpop", &token, Some(&again)).await.expect(200);
    trusting.stop().await;
}

#[tokio::test]
async fn a_bound_token_without_its_proof_is_worth_nothing() {
    let trusting = Trusting::new(Shape::Maskinporten, false).await;
    let (prover, thief) = (Prover::new(), Prover::new());
    let token = bound(&prover);
    let url = url();
    let refused = async |scheme: &str, proof: Option<&str>| {
        let answer = ask(&trusting, scheme, &token, proof).await;
        let answer = answer.expect_problem(401, "token_refused");
        assert!(answer.text.contains("proof"), "{}", answer.text);
    };
    refused("Bearer", None).await;
    refused("DPoP", None).await;
    let stolen = thief.proof(&Prover::claims("GET", &url, &token));
    refused("DPoP", Some(&stolen)).await;
    // A proof in the header of a plain bearer is none: the scheme says that it counts.
    let good = prover.proof(&Prover::claims("GET", &url, &token));
    refused("Bearer", Some(&good)).await;
    let changes: [fn(&mut Value); 9] = [
        |c| c["htu"] = json!("https://other.example/v1/positions"),
        |c| c["htm"] = json!("POST"),
        |c| c["htu"] = json!("https://alis.example/v1/trainees"),
        |c| c["ath"] = json!("AAAA"),
        |c| c["iat"] = json!(c["iat"].as_i64().expect("a time") - 120),
        |c| c["iat"] = json!(c["iat"].as_i64().expect("a time") + 120),
        |c| c["iat"] = Value::Null,
        |c| c["jti"] = json!(""),
        |c| c["jti"] = Value::Null,
    ];
    for change in changes {
        let mut claims = Prover::claims("GET", &url, &token);
        change(&mut claims);
        refused("DPoP", Some(&prover.proof(&claims))).await;
    }
    let claims = Prover::claims("GET", &url, &token);
    refused("DPoP", Some(&prover.proof_of_type("JWT", &claims))).await;
    // A query does not belong to what is proved; another spelling of the host is the same host.
    let with_query = prover.proof(&Prover::claims("GET", &format!("{url}?limit=1"), &token));
    ask(&trusting, "DPoP", &token, Some(&with_query)).await.expect(200);
    trusting.stop().await;
}

#[tokio::test]
async fn a_proof_for_another_host_is_none_whatever_host_the_caller_says() {
    let trusting = Trusting::new(Shape::Maskinporten, true).await;
    let prover = Prover::new();
    let token = bound(&prover);
    let elsewhere = Prover::claims("GET", "https://other.example/v1/positions", &token);
    let authorization = format!("DPoP {token}");
    for says in ["host", "x-forwarded-host", "forwarded"] {
        let proof = prover.proof(&elsewhere);
        let host = if says == "forwarded" { "host=other.example" } else { "other.example" };
        let headers = [
            ("Authorization", &*authorization),
            ("DPoP", &proof),
            (says, host),
            ("x-forwarded-proto", "https"),
        ];
        let refused = trusting.stranger.get_with(PATH, &headers).await;
        refused.expect_problem(401, "token_refused");
    }
    trusting.stop().await;
}

#[tokio::test]
async fn a_proof_that_was_refused_for_its_key_is_not_used_up() {
    let trusting = Trusting::new(Shape::Maskinporten, false).await;
    let (prover, other) = (Prover::new(), Prover::new());
    let token = bound(&prover);
    // The same proof beside a token that is bound to another key is no proof of that one.
    let foreign = bound(&other);
    let mut claims = Prover::claims("GET", &url(), &token);
    let proof = prover.proof(&claims);
    ask(&trusting, "DPoP", &foreign, Some(&proof)).await.expect_problem(401, "token_refused");
    claims["ath"] = Prover::claims("GET", &url(), &foreign)["ath"].clone();
    let stolen = prover.proof(&claims);
    ask(&trusting, "DPoP", &foreign, Some(&stolen)).await.expect_problem(401, "token_refused");
    ask(&trusting, "DPoP", &token, Some(&proof)).await.expect(200);
    trusting.stop().await;
}

#[tokio::test]
async fn an_issuer_that_binds_its_tokens_is_believed_no_unbound_one() {
    let trusting = Trusting::new(Shape::Maskinporten, true).await;
    let token = signed(&header(), &claims(ORGANISATION));
    ask(&trusting, "Bearer", &token, None).await.expect_problem(401, "token_refused");
    trusting.stop().await;
}
