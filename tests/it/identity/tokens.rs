//! Tokens: what is taken, and every way in which one is not.

use alis::identity::cast::Scenario;
use alis::identity::issuer::Shape;
use base64::Engine as _;
use serde_json::{Value, json};

use super::forge::{claims, header, jwks, signed, with_signature};
use super::{ORGANISATION, Trusting};
use crate::support::instance::{Instance, token_with};

/// A change of a good header and good claims, and the reason that must come of it.
type Wrong = (&'static str, fn(&mut Value, &mut Value), &'static str);

const WRONG: &[Wrong] = &[
    ("expired", |_, c| c["exp"] = json!(alis::http::now().as_second() - 60), "expired"),
    ("no exp", |_, c| c["exp"] = Value::Null, "claims"),
    ("not yet", |_, c| c["nbf"] = json!(alis::http::now().as_second() + 60), "not_yet_valid"),
    ("for another service", |_, c| c["aud"] = json!("https://other.example"), "audience"),
    (
        "for nobody",
        |_, c| {
            c.as_object_mut().expect("claims").remove("aud");
        },
        "audience",
    ),
    ("of another issuer", |_, c| c["iss"] = json!("https://issuer.example"), "issuer"),
    ("of no issuer", |_, c| c["iss"] = Value::Null, "issuer"),
    ("of an unknown key", |h, _| h["kid"] = json!("four"), "signature"),
    ("of a key for something else", |h, _| h["kid"] = json!("two"), "signature"),
    (
        "of no key",
        |h, _| {
            h.as_object_mut().expect("a header").remove("kid");
        },
        "signature",
    ),
    ("another algorithm", |h, _| h["alg"] = json!("RS512"), "signature"),
    ("an unknown algorithm", |h, _| h["alg"] = json!("none"), "signature"),
    ("something to understand", |h, _| h["crit"] = json!(["exp"]), "signature"),
    ("an id token", |h, _| h["typ"] = json!("id+jwt"), "signature"),
    ("no organisation", |_, c| c["consumer"] = Value::Null, "claims"),
    ("another register", |_, c| c["consumer"]["ID"] = json!("9908:999000134"), "claims"),
    ("another authority", |_, c| c["consumer"]["authority"] = json!("x"), "claims"),
    ("a wrong number", |_, c| c["consumer"]["ID"] = json!("0192:999000135"), "claims"),
    ("a wrong supplier", |_, c| c["supplier"] = json!({"ID": "0192:1"}), "claims"),
    ("bound by a certificate", |_, c| c["cnf"] = json!({"x5t#S256": "abc"}), "proof"),
];

#[tokio::test]
async fn a_token_of_a_trusted_issuer_tells_who_is_calling() {
    let trusting = Trusting::new(Shape::Maskinporten, false).await;
    let mut claims = claims(ORGANISATION);
    let caller = trusting.stranger.showing(Some(&signed(&header(), &claims)));
    caller.get("/v1/positions").await.expect(200);
    caller.get("/v1/leaders").await.expect_problem(403, "scope_missing");
    // The keys are fetched once, and the token is verified once.
    caller.get("/v1/trainees").await.expect(200);
    assert_eq!(trusting.keys.seen().len(), 1);
    // A list of audiences may hold others.
    claims["aud"] = json!(["https://other.example", "https://alis.example"]);
    let caller = trusting.stranger.showing(Some(&signed(&header(), &claims)));
    caller.get("/v1/positions").await.expect(200);
    trusting.stop().await;
}

#[tokio::test]
async fn every_other_token_is_refused_with_its_reason() {
    let trusting = Trusting::new(Shape::Maskinporten, false).await;
    let recorded =
        async |token: &str| trusting.stranger.showing(Some(token)).get("/v1/positions").await;
    for (what, change, reason) in WRONG {
        let (mut header, mut claims) = (header(), claims(ORGANISATION));
        change(&mut header, &mut claims);
        let answer = recorded(&signed(&header, &claims)).await.expect_problem(401, "token_refused");
        let detail = answer.body["detail"].as_str().unwrap_or("");
        assert!(detail.contains(reason), "{what}: {detail}");
        assert!(!answer.text.contains(ORGANISATION), "{what}: {}", answer.text);
    }
    trusting.stop().await;
}

#[tokio::test]
async fn a_forged_signature_opens_nothing() {
    let trusting = Trusting::new(Shape::Maskinporten, false).await;
    let (header, claims) = (header(), claims(ORGANISATION));
    let good = signed(&header, &claims);
    // The issuer's public key, which everybody has, taken for a secret one.
    let public = jwks()["keys"][0]["n"].as_str().expect("a modulus").to_owned();
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, public.as_bytes());
    let symmetric = json!({"alg": "HS256", "kid": "one"});
    let forged = [
        with_signature(&symmetric, &claims, |m| ring::hmac::sign(&secret, m).as_ref().to_vec()),
        with_signature(&json!({"alg": "none", "kid": "one"}), &claims, |_| vec![]),
        with_signature(&header, &claims, |_| vec![0; 256]),
        good.rsplit_once('.').expect("three parts").0.to_owned() + ".",
        good.replacen('.', "..", 1),
        good[..good.len() - 4].to_owned() + "AAAA",
        "a.b.c".to_owned(),
        "x".repeat(9_000),
    ];
    for token in forged {
        let refused = trusting.stranger.showing(Some(&token)).get("/v1/positions").await;
        refused.expect_problem(401, "token_refused");
    }
    // The claims of one token under the signature of another.
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut other = claims.clone();
    other["scope"] = json!("alis:access.write");
    let parts: Vec<&str> = good.split('.').collect();
    let swapped = format!("{}.{}.{}", parts[0], engine.encode(other.to_string()), parts[2]);
    let refused = trusting.stranger.showing(Some(&swapped)).get("/v1/positions").await;
    refused.expect_problem(401, "token_refused");
    trusting.stop().await;
}

#[tokio::test]
async fn a_person_is_told_by_a_strongly_authenticated_hpr_number_and_by_nothing_else() {
    let instance = Instance::start().await;
    let stranger = instance.client().showing(None);
    let (shape, good) = Scenario::Trainee.claims();
    let status = async |change: fn(&mut Value)| {
        let mut claims = good.clone();
        change(&mut claims);
        let client = stranger.showing(Some(&token_with(shape, &claims)));
        client.get("/v1/positions").await.status
    };
    assert_eq!(status(|_| {}).await, 200);
    let weak: fn(&mut Value) = |c| {
        c["helseid://claims/identity/assurance_level"] = json!("substantial");
        c["helseid://claims/identity/security_level"] = json!("3");
    };
    assert_eq!(status(weak).await, 401);
    // Of the two levels that may be told, one must be, and each that is must suffice.
    let recorded = |assurance: Value, security: Value| {
        let mut claims = good.clone();
        claims["helseid://claims/identity/assurance_level"] = assurance;
        claims["helseid://claims/identity/security_level"] = security;
        let client = stranger.showing(Some(&token_with(shape, &claims)));
        async move { client.get("/v1/positions").await.status }
    };
    assert_eq!(recorded(json!("high"), json!("3")).await, 401);
    assert_eq!(recorded(json!("low"), json!("4")).await, 401);
    assert_eq!(recorded(Value::Null, Value::Null).await, 401);
    assert_eq!(recorded(json!("high"), Value::Null).await, 200);
    assert_eq!(recorded(Value::Null, json!("4")).await, 200);
    assert_eq!(status(|c| c["helseid://claims/hpr/hpr_number"] = Value::Null).await, 401);
    assert_eq!(status(|c| c["helseid://claims/hpr/hpr_number"] = json!("12a")).await, 401);
    assert_eq!(
        status(|c| c["helseid://claims/client/claims/orgnr_parent"] = json!("1")).await,
        401
    );
    // Without a person it is the system of an organisation.
    let system: fn(&mut Value) = |c| {
        for claim in ["assurance_level", "security_level"] {
            c[format!("helseid://claims/identity/{claim}")] = Value::Null;
        }
        c["helseid://claims/hpr/hpr_number"] = Value::Null;
    };
    assert_eq!(status(system).await, 200);
    instance.stop().await;
}

#[tokio::test]
async fn who_acted_and_on_whose_behalf_is_kept_without_a_number_of_a_person() {
    let world = crate::access::world::World::new().await;
    let position = json!({"municipality": "5401", "category": "regular_gp", "percent": 50,
        "intended_operating_model": "salaried"});
    for scenario in [Scenario::Vendor, Scenario::Leader] {
        world.as_one(scenario).post("/v1/positions", position.clone()).await.expect(201);
    }
    let admin = world.instance.database.connect().await;
    let sql = "select (meta->'actor')::text from alis.event order by position desc limit 2";
    let rows = admin.query(sql, &[]).await.expect("the log can be read");
    let actors: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::from_str(row.get(0)).expect("who acted is JSON"))
        .collect();
    assert_eq!(actors[0]["kind"], "person");
    assert_eq!(actors[0]["employer"], ORGANISATION);
    assert!(!actors[0].to_string().contains("999000203"), "{}", actors[0]);
    assert_eq!(actors[1]["organisation"], ORGANISATION);
    assert_eq!(actors[1]["supplier"], "999000177");
    world.instance.stop().await;
}

#[tokio::test]
async fn while_an_issuer_has_never_answered_nothing_can_be_said_of_its_tokens() {
    let issuer = super::forge::issuer(Shape::Maskinporten, "http://127.0.0.1:9/jwks".to_owned());
    let instance = Instance::trusting(vec![issuer]).await;
    let caller = instance.client().showing(Some(&signed(&header(), &claims(ORGANISATION))));
    let answer = caller.get("/v1/positions").await.expect_problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    // Nobody else is held up by that.
    instance.client().get("/v1/positions").await.expect(200);
    instance.stop().await;
}
