//! Identifiers, texts and cursors: what is taken is told back in a form that is taken again.

use std::fmt::{Debug, Display};

use alis::capabilities::curriculum::domain::GoalText;
use alis::edge::{FromText, Id};
use alis::http::cors;
use alis::http::page::{Cursor, Limit};
use alis::identifiers::{
    Comment, ExternalName, GoalCode, HprNumber, MunicipalityNumber, Name, OrganisationNumber, Token,
};
use alis::time::{FIRST_DAY, LAST_DAY};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{recorded_back, text};

/// Every identifier, from the same text.
pub fn identifiers(bytes: &[u8]) {
    let text = text(bytes);
    if let Some(number) = identifier::<HprNumber>(&text) {
        assert!(digits(&number) && number.len() <= 9 && !number.starts_with('0'), "{text:?}");
    }
    if let Some(number) = identifier::<OrganisationNumber>(&text) {
        assert!(digits(&number) && number.len() == 9, "{text:?}");
    }
    if let Some(number) = identifier::<MunicipalityNumber>(&text) {
        assert!(digits(&number) && number.len() == 4, "{text:?}");
    }
    if identifier::<GoalCode>(&text).is_some() {
        let fits = |c: char| c.is_ascii_alphanumeric() || "ÆØÅæøå- ".contains(c);
        assert!(text.chars().all(fits), "{text:?}");
    }
    for written in [identifier::<Token>(&text), identifier::<ExternalName>(&text)] {
        assert!(written.is_none_or(|same| same == text), "{text:?}");
    }
    if let Some(name) = identifier::<Name>(&text) {
        assert!(!name.chars().any(char::is_control) && name.trim() == name, "{text:?}");
    }
    for words in [identifier::<Comment>(&text), identifier::<GoalText>(&text)] {
        assert!(words.is_none_or(|words| words.trim() == words && !words.is_empty()), "{text:?}");
    }
    recorded_back::<Id>(&text, |id| id.0.to_string());
    if let Some(limit) = recorded_back::<Limit>(&text, |limit| limit.0.to_string()) {
        assert!((1..=200).contains(&limit.0), "{text:?}");
    }
    assert!(cors::origin(&text).is_ok_and(|origin| origin == text) || cors::origin(&text).is_err());
}

/// What an identifier is written as, when the text is one. It is stored and read again unchanged.
fn identifier<T>(text: &str) -> Option<String>
where
    T: FromText + PartialEq + Debug + Display + Serialize + DeserializeOwned,
{
    let value: T = recorded_back(text, T::to_string)?;
    let stored = serde_json::to_value(&value).expect("an identifier is a text");
    assert_eq!(serde_json::from_value::<T>(stored).ok().as_ref(), Some(&value), "{text:?}");
    Some(value.to_string())
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A cursor holds nothing that the database could not compare.
pub fn cursors(bytes: &[u8]) {
    let text = text(bytes);
    if let Some(cursor) = recorded_back::<Cursor>(&text, Cursor::encode) {
        assert!((FIRST_DAY..=LAST_DAY).contains(&cursor.as_of) && cursor.known_at >= 0, "{text}");
        assert!(!cursor.after.contains('\0'), "{text}");
    }
    // Callers who make one up write the document.
    recorded_back::<Cursor>(&encoded(bytes), Cursor::encode);
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
