//! Every parser of bytes from outside, with bytes of any kind and with good ones that were damaged:
//! each takes them or refuses them. A panic fails the test by itself; what was taken is told back
//! in a form that is taken again.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use actix_web::http::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use alis::capabilities::reference::klass;
use alis::edge::{Day, FromText, Id};
use alis::http::page::{Cursor, Limit};
use alis::http::time_axes::KnownAt;
use alis::http::{body, cors, etag};
use alis::identifiers::{
    Comment, ExternalName, GoalCode, HprNumber, MunicipalityNumber, Name, OrganisationNumber, Token,
};
use alis::identity::{Identity, Proof};
use alis::import::line;
use alis::personal_data::Vault;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::instance::{issuer, token};

/// Damaged places of one input.
const DAMAGES_MAX: usize = 8;
const BYTES_MAX: usize = 400;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any bytes, or one of the seeds with some bytes replaced and its end cut off.
fn hostile(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damages = prop::collection::vec((any::<Index>(), any::<u8>()), 0..DAMAGES_MAX);
    let damaged =
        (select(seeds), damages, any::<Option<Index>>()).prop_map(|(mut bytes, damages, cut)| {
            for (place, byte) in damages {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..BYTES_MAX), damaged]
}

fn seeds(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Text as it arrives in a query or a body: what is no UTF-8 has been replaced by then.
fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads a text; what is taken must be taken again as it is told back.
fn told_back<T: FromText + PartialEq + Debug>(text: &str, told: impl Fn(&T) -> String) {
    if let Ok(value) = T::from_text(text) {
        let again = T::from_text(&told(&value));
        assert_eq!(again.ok(), Some(value), "{text:?}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn identifiers_and_days_are_taken_or_refused(bytes in hostile(seeds(&[
        "999000001", "974760673", "5401", "HS-1.2", "Kari Eksempel", "Åse Ødegård", "hr-system",
        "2020-02-29", "01890a5d-ac96-774b-bcce-b302099a8057", "50",
    ]))) {
        let text = as_text(&bytes);
        told_back::<HprNumber>(&text, |it| it.as_str().to_owned());
        told_back::<OrganisationNumber>(&text, |it| it.as_str().to_owned());
        told_back::<MunicipalityNumber>(&text, |it| it.as_str().to_owned());
        told_back::<GoalCode>(&text, |it| it.as_str().to_owned());
        told_back::<Name>(&text, |it| it.as_str().to_owned());
        told_back::<Comment>(&text, |it| it.as_str().to_owned());
        told_back::<ExternalName>(&text, |it| it.as_str().to_owned());
        told_back::<Token>(&text, |it| it.as_str().to_owned());
        told_back::<Day>(&text, |it| it.0.to_string());
        told_back::<Id>(&text, |it| it.0.to_string());
        told_back::<Limit>(&text, |it| it.0.to_string());
        drop(cors::origin(&text));
    }

    #[test]
    fn points_of_knowledge_are_taken_or_refused(bytes in hostile(seeds(&[
        "225", "999999999999999999", "2020-06-01T12:00:00Z", "2020-06-01T12:00:00.123456+01:00",
    ]))) {
        told_back::<KnownAt>(&as_text(&bytes), |it| match it {
            KnownAt::Position(position) => position.to_string(),
            KnownAt::Instant(instant) => instant.to_string(),
        });
    }

    #[test]
    fn cursors_are_taken_or_refused(bytes in hostile(seeds(&[
        "eyJhIjoiMDAwMjI1IiwiZCI6IjIwMjAtMDMtMzEiLCJrIjoyMjV9",
    ]))) {
        told_back::<Cursor>(&as_text(&bytes), Cursor::encode);
    }

    #[test]
    fn versions_in_headers_are_taken_or_refused(bytes in hostile(seeds(&[
        "\"42\"", "W/\"42.20261201\", \"0\"", "*",
    ]))) {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let request = TestRequest::default()
                .insert_header((IF_MATCH, value.clone()))
                .insert_header((IF_NONE_MATCH, value))
                .to_http_request();
            drop(etag::if_match(&request));
            drop(etag::Held::of(&request));
        }
    }

    #[test]
    fn lines_of_an_import_are_taken_or_refused(bytes in hostile(seeds(&[
        r#"{"post": "/v1/trainees", "key": "a", "as": "kari", "body": {"name": "Kari"}}"#,
        r#"{"post": "/v1/trainees/{kari}/external-ids", "key": "b", "body": {"x": ["{kari}"]}}"#,
        r#"{"note": "words"}"#,
    ]))) {
        drop(line::read(&bytes));
    }

    #[test]
    fn files_of_municipalities_are_taken_or_refused(bytes in hostile(seeds(&[
        r#"{"codes":[{"code":"5401","name":"Tromsø","validFromInRequestedRange":"2020-01-01"}]}"#,
        r#"{"codeChanges":[{"oldCode":"1902","newCode":"5401","changeOccurred":"2020-01-01"}]}"#,
        "code;parentCode;level;name;validFromInRequestedRange\n5401;;1;Troms\u{f8};2020-01-01\n",
    ]))) {
        if let Ok(file) = klass::read(&bytes) {
            drop(klass::requests(&file));
        }
    }

    #[test]
    fn bodies_are_taken_or_refused(bytes in hostile(seeds(&[
        r#"{"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "old"}"#,
        r#"{"a": [[[{"b": 1e308}]], -0.0, "\ud83d\ude00"]}"#,
    ]))) {
        drop(body::parse(&bytes));
    }

    #[test]
    fn tokens_and_proofs_are_taken_or_refused(bytes in hostile(vec![token().as_bytes().to_vec()])) {
        static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
            let key = Vault::generate_master_key();
            let vault = Vault::new(&key, None).expect("a key of the program's own");
            Identity::new(vec![], Some(issuer()), Arc::new(vault))
        });
        let text = as_text(&bytes);
        let now = alis::http::now().as_second();
        let proof = Proof { text: &text, method: "GET", url: "http://a/v1/trainees" };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let alone = runtime.block_on(IDENTITY.caller(&text, None, now));
        prop_assert!(alone.is_err() || text == token(), "{text} was taken");
        prop_assert!(runtime.block_on(IDENTITY.caller(token(), Some(&proof), now)).is_err());
    }
}

#[test]
fn what_nests_or_repeats_without_end_is_refused() {
    for open in ["[", "{\"a\":", "[{\"a\":["] {
        let deep = open.repeat(200_000);
        assert!(body::parse(deep.as_bytes()).is_err());
        assert!(line::read(deep.as_bytes()).is_err());
        assert!(klass::read(deep.as_bytes()).is_err());
    }
    let header = format!("[{}]", "\"".repeat(30_000));
    let request = TestRequest::default().insert_header((IF_MATCH, header)).to_http_request();
    assert!(etag::if_match(&request).is_err());
    assert!(Cursor::from_text(&"e".repeat(1_000_000)).is_err());
    assert!(Comment::from_text(&"x".repeat(1_000_000)).is_err());
}
