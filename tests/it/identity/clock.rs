//! Clocks that differ: what is still taken of a token or a proof that comes early or late, and what
//! is not.

use std::sync::Arc;

use alis::identity::cast::Scenario;
use alis::identity::issuer::{LEEWAY_SECONDS_DEFAULT, LEEWAY_SECONDS_MAX, Shape};
use alis::identity::{Identity, PROOF_AGE_SECONDS_MAX, Proof, Refused};
use alis::personal_data::Vault;
use serde_json::json;

use super::forge::{Prover, claims, header, signed};
use super::{ORGANISATION, PUBLIC_URL, Trusting};
use crate::support::instance::{MASTER_KEY, issuer, token_with};

/// Seconds from when a token is made here until it is looked at, at most. The service looks at the
/// clock of the machine, which goes on meanwhile.
const SLACK_SECONDS: i64 = 8;

#[tokio::test]
async fn a_token_is_taken_within_the_leeway_of_its_issuer_and_not_beyond_it() {
    for leeway in [LEEWAY_SECONDS_DEFAULT, LEEWAY_SECONDS_MAX] {
        let trusting = Trusting::with(Shape::Maskinporten, |issuer| {
            // What an entry that does not say gets, and what the longest one does.
            if leeway != LEEWAY_SECONDS_DEFAULT {
                issuer.leeway_seconds = leeway;
            }
        });
        let trusting = trusting.await;
        let leeway = i64::try_from(leeway).expect("a minute");
        let recorded = async |claim: &str, from_now: i64| {
            let mut claims = claims(ORGANISATION);
            claims[claim] = json!(alis::http::now().as_second() + from_now);
            let caller = trusting.stranger.showing(Some(&signed(&header(), &claims)));
            caller.get("/v1/positions").await
        };
        recorded("exp", SLACK_SECONDS - leeway).await.expect(200);
        recorded("nbf", leeway).await.expect(200);
        for (claim, from_now, reason) in
            [("exp", -leeway - 1, "expired"), ("nbf", leeway + SLACK_SECONDS, "not_yet_valid")]
        {
            let refused = recorded(claim, from_now).await.expect_problem(401, "token_refused");
            assert!(refused.text.contains(reason), "{leeway} s, {claim}: {}", refused.text);
        }
        trusting.stop().await;
    }
}

#[tokio::test]
async fn a_proof_counts_as_long_before_as_after_it_was_made_and_no_longer() {
    let vault = Vault::new(MASTER_KEY, None).expect("the key fits");
    let identity = Identity::new(vec![], Some(issuer()), Arc::new(vault));
    let prover = Prover::new();
    let (shape, mut of_caller) = Scenario::Municipality.claims();
    of_caller["cnf"] = json!({"jkt": prover.thumbprint()});
    let token = token_with(shape, &of_caller);
    let url = format!("{PUBLIC_URL}/v1/positions");
    let made = alis::http::now().as_second();
    let shown = async |now: i64| {
        let mut claims = Prover::claims("GET", &url, &token);
        claims["iat"] = json!(made);
        let text = prover.proof(&claims);
        let proof = Proof { text: &text, method: "GET", url: &url };
        identity.caller(&token, Some(&proof), now).await.map(|_caller| ())
    };
    for (age, expected) in [
        (-PROOF_AGE_SECONDS_MAX - 1, Err(Refused::Proof)),
        (-PROOF_AGE_SECONDS_MAX, Ok(())),
        (0, Ok(())),
        (PROOF_AGE_SECONDS_MAX, Ok(())),
        (PROOF_AGE_SECONDS_MAX + 1, Err(Refused::Proof)),
    ] {
        assert_eq!(shown(made + age).await, expected, "shown {age} s after it was made");
    }
}
