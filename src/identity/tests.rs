//! What is remembered of tokens, and for how long.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::identity::cast::Scenario;

/// Seconds that a token is good.
const TOKEN_SECONDS: i64 = 600;

/// An identity that trusts one issuer, by keys in a file that count as old at once.
struct Scene {
    path: std::path::PathBuf,
    issuer: LocalIssuer,
    identity: Identity,
    now: i64,
}

impl Scene {
    fn new(name: &str, believed_max: Duration) -> Self {
        let issuer = LocalIssuer::new(&LocalIssuer::generate_key()).expect("a fresh key");
        let path = std::env::temp_dir().join(format!("alis-who-{}-{name}", std::process::id()));
        std::fs::write(&path, issuer.jwks().to_string()).expect("temporary files can be made");
        let vault = Vault::new(&Vault::generate_master_key(), None).expect("a fresh key");
        let mut identity = Identity::new(vec![], None, Arc::new(vault));
        let keys = Keys::old_at_once(Source::File(path.clone()), believed_max);
        let shape = Scenario::Municipality.claims().0;
        identity.trusted.push(Trusted { issuer: issuer.as_issuer(shape), keys: Arc::new(keys) });
        Self { path, issuer, identity, now: crate::http::now().as_second() }
    }

    fn token(&self) -> String {
        let (shape, claims) = Scenario::Municipality.claims();
        self.issuer.sign(shape, &claims, self.now, TOKEN_SECONDS).expect("the key signs")
    }

    /// Asks with one token until it is refused; answers why.
    async fn refused(&self, token: &str) -> Refused {
        for _ in 0..1_000 {
            match self.identity.caller(token, None, self.now).await {
                Ok(_still) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(why) => return why,
            }
        }
        panic!("the token was taken to the end");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

#[tokio::test]
async fn a_remembered_caller_is_forgotten_once_the_issuer_withdraws_the_key() {
    let scene = Scene::new("withdrawn", Duration::from_secs(60));
    let token = scene.token();
    assert!(scene.identity.caller(&token, None, scene.now).await.is_ok());
    // No other token comes: the one that is remembered has the keys read again.
    std::fs::write(&scene.path, json!({ "keys": [] }).to_string()).expect("it is ours");
    assert_eq!(scene.refused(&token).await, Refused::Signature);
}

#[tokio::test]
async fn a_remembered_caller_is_not_believed_for_ever_while_the_issuer_is_away() {
    let scene = Scene::new("away", Duration::from_millis(100));
    let token = scene.token();
    assert!(scene.identity.caller(&token, None, scene.now).await.is_ok());
    std::fs::remove_file(&scene.path).expect("it is ours");
    assert!(scene.identity.caller(&token, None, scene.now).await.is_ok());
    assert_eq!(scene.refused(&token).await, Refused::Unknowable);
}
