//! Who is let in: tokens of trusted issuers, and of nobody else.

mod beside;
mod clock;
mod dpop;
mod forge;
mod tokens;

use alis::identity::issuer::{Issuer, Shape};
use serde_json::json;

use crate::support::client::Client;
use crate::support::instance::Instance;
use crate::support::stand_in::StandIn;

/// A municipality's organisation in these tests.
const ORGANISATION: &str = "999000134";

/// Where callers of these instances think that they are.
const PUBLIC_URL: &str = "https://alis.example";

/// An instance that trusts the issuer of these tests, whose keys a stand-in publishes.
struct Trusting {
    instance: Instance,
    keys: StandIn,
    stranger: Client,
}

impl Trusting {
    async fn new(shape: Shape, require_dpop: bool) -> Self {
        Self::with(shape, |issuer| issuer.require_dpop = require_dpop).await
    }

    /// With the entry of the issuer as the test changes it.
    async fn with(shape: Shape, change: impl FnOnce(&mut Issuer)) -> Self {
        let keys = StandIn::start(|_, _| actix_web::HttpResponse::Ok().json(forge::jwks()));
        let url = format!("http://{}/jwks", keys.address);
        let mut issuer = forge::issuer(shape, url);
        change(&mut issuer);
        let instance = Instance::with(|settings| {
            settings.issuers = vec![issuer];
            settings.public_url = Some(PUBLIC_URL.to_owned());
        });
        let instance = instance.await;
        let client = instance.client();
        let municipality = json!({"number": "5401", "name": "Tromsø", "from": "2020-01-01"});
        client.post("/v1/municipalities", municipality).await.expect(201);
        let organisation = json!({"organisation_number": ORGANISATION, "name": "Tromsø kommune",
            "kind": "municipality", "municipality": "5401"});
        client.post("/v1/organisations", organisation).await.expect(201);
        let stranger = client.showing(None);
        Self { instance, keys, stranger }
    }

    async fn stop(self) {
        self.instance.stop().await;
        self.keys.stop().await;
    }
}
