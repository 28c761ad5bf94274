//! One line of an import file: what it may say, and the names that later lines use.
//!
//! Pure: text in, a request out. Nothing is sent here. `docs/import.md` describes the format.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Bytes of a line. The largest body the service takes is as large.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;
/// Lines of a file.
pub const LINES_MAX: u64 = 1_000_000;
/// Names that the lines of a file may give.
pub const NAMES_MAX: usize = 200_000;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;
/// Characters of a line's key, so that it still fits the header behind its prefix.
const KEY_CHARS_MAX: usize = 200;
/// Characters of a path.
const PATH_CHARS_MAX: usize = 500;

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Something to post.
    Request(RequestLine),
    /// Words for readers of the file.
    Note,
    /// Nothing at all.
    Blank,
}

/// A line that is posted to the service.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestLine {
    /// Where to: a path that may use names.
    pub post: String,
    /// What makes the line the same line in a second import.
    pub key: String,
    /// What later lines call the resource that is answered.
    pub name: Option<String>,
    /// The document, whose texts may be names.
    pub body: Value,
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    #[error("the line is longer than {} bytes", LINE_BYTES_MAX)]
    TooLong,
    #[error("the line is not UTF-8")]
    NotText,
    #[error("the line is not a JSON object: {0}")]
    NotJson(String),
    #[error("there is no field `{0}` in a line; known: post, key, as, body, note")]
    UnknownField(String),
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    #[error("the field `{field}` must be {wanted}")]
    Wrong { field: &'static str, wanted: &'static str },
    #[error("`{0}` stands for nothing: no earlier line has that name")]
    UnknownName(String),
    #[error("the name `{0}` was given to an earlier line")]
    NameTaken(String),
    #[error("the key `{key}` was used on line {line}")]
    KeyTaken { key: String, line: u64 },
    #[error("the lines give more than {} names", NAMES_MAX)]
    TooManyNames,
}

/// Reads one line without its line break.
pub fn read(bytes: &[u8]) -> Result<Line, LineFault> {
    let text = std::str::from_utf8(bytes).map_err(|_not_text| LineFault::NotText)?.trim();
    if text.is_empty() {
        return Ok(Line::Blank);
    }
    let members: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| LineFault::NotJson(error.to_string()))?;
    let known = ["post", "key", "as", "body", "note"];
    if let Some(other) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(LineFault::UnknownField(crate::edge::echo(other)));
    }
    if let Some(note) = members.get("note") {
        let alone = members.len() == 1 && note.is_string();
        let wanted = "a text, and the only field of its line";
        return if alone {
            Ok(Line::Note)
        } else {
            Err(LineFault::Wrong { field: "note", wanted })
        };
    }
    request(members).map(Line::Request)
}

fn request(mut members: Map<String, Value>) -> Result<RequestLine, LineFault> {
    let post = text(&mut members, "post")?.ok_or(LineFault::Missing("post"))?;
    if !is_path(&post) {
        let wanted = "a path below /v1/, without a query";
        return Err(LineFault::Wrong { field: "post", wanted });
    }
    let key = text(&mut members, "key")?.ok_or(LineFault::Missing("key"))?;
    if !(1..=KEY_CHARS_MAX).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let wanted = "1 to 200 visible ASCII characters";
        return Err(LineFault::Wrong { field: "key", wanted });
    }
    let name = text(&mut members, "as")?;
    if name.as_deref().is_some_and(|name| !is_name(name)) {
        let wanted = "1 to 64 of a-z, 0-9, `-`, `_` and `.`, a letter first";
        return Err(LineFault::Wrong { field: "as", wanted });
    }
    let body = members.remove("body").ok_or(LineFault::Missing("body"))?;
    if !body.is_object() {
        return Err(LineFault::Wrong { field: "body", wanted: "an object" });
    }
    Ok(RequestLine { post, key, name, body })
}

fn text(
    members: &mut Map<String, Value>,
    field: &'static str,
) -> Result<Option<String>, LineFault> {
    match members.remove(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_),
        ) => Err(LineFault::Wrong { field, wanted: "a text" }),
    }
}

fn is_path(path: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"/-_.{}".contains(&b);
    path.starts_with("/v1/")
        && path.len() <= PATH_CHARS_MAX
        && path.bytes().all(fits)
        && path.split('/').all(|part| part != "." && part != "..")
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    name.len() <= NAME_CHARS_MAX
        && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && name.bytes().all(fits)
}

/// The name in `{name}`, when that is all a text says. Braces around anything else are just text.
fn named(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}').filter(|name| is_name(name))
}

/// What became of a line that gave a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// The id of its resource.
    Id(String),
    /// There is no resource, because of what happened on that line.
    Lost { line: u64 },
    /// A dry run: the line would have made it.
    Rehearsed { line: u64 },
}

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// A fault of the file.
    Fault(LineFault),
    /// The line that gives the name made nothing.
    Lost { name: String, line: u64 },
    /// The line that gives the name was only rehearsed.
    Rehearsed { name: String, line: u64 },
}

/// The names given so far.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, Bound>);

impl Names {
    /// Whether a line may give this name.
    pub fn free(&self, name: &str) -> Result<(), LineFault> {
        if self.0.contains_key(name) {
            return Err(LineFault::NameTaken(name.to_owned()));
        }
        if self.0.len() >= NAMES_MAX {
            return Err(LineFault::TooManyNames);
        }
        Ok(())
    }

    /// Gives a name.
    pub fn bind(&mut self, name: String, bound: Bound) {
        self.0.insert(name, bound);
    }

    fn id<'a>(&'a self, name: &str, stand_in: Option<&'a str>) -> Result<&'a str, Unusable> {
        match (self.0.get(name), stand_in) {
            (Some(Bound::Id(id)), _) => Ok(id),
            (Some(Bound::Lost { line }), _) => {
                Err(Unusable::Lost { name: name.to_owned(), line: *line })
            }
            (Some(Bound::Rehearsed { .. }), Some(stand_in)) => Ok(stand_in),
            (Some(Bound::Rehearsed { line }), None) => {
                Err(Unusable::Rehearsed { name: name.to_owned(), line: *line })
            }
            (None, _) => Err(Unusable::Fault(LineFault::UnknownName(format!("{{{name}}}")))),
        }
    }

    /// The path with ids in the places of names, and `stand_in` for what was only rehearsed.
    pub fn path(&self, path: &str, stand_in: Option<&str>) -> Result<String, Unusable> {
        let mut parts = Vec::new();
        for part in path.split('/') {
            match named(part) {
                Some(name) => parts.push(self.id(name, stand_in)?),
                None if part.contains(['{', '}']) => {
                    let wanted = "a path in which `{name}` fills the place between two slashes";
                    return Err(Unusable::Fault(LineFault::Wrong { field: "post", wanted }));
                }
                None => parts.push(part),
            }
        }
        Ok(parts.join("/"))
    }

    /// The body with ids in the places of names, and `stand_in` for what was only rehearsed.
    pub fn body(&self, body: &Value, stand_in: Option<&str>) -> Result<Value, Unusable> {
        Ok(match body {
            Value::String(text) => match named(text) {
                Some(name) => Value::String(self.id(name, stand_in)?.to_owned()),
                None => body.clone(),
            },
            Value::Array(items) => {
                let items = items.iter().map(|item| self.body(item, stand_in));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.body(value, stand_in)?)))
                    .collect::<Result<_, Unusable>>()?,
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => body.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(text: &str) -> LineFault {
        read(text.as_bytes()).expect_err("the line is wrong")
    }

    #[test]
    fn a_line_is_a_request_a_note_or_nothing() {
        let text =
            r#"{"post":"/v1/positions","key":"a:1","as":"position-1","body":{"percent":50}}"#;
        let request = RequestLine {
            post: "/v1/positions".to_owned(),
            key: "a:1".to_owned(),
            name: Some("position-1".to_owned()),
            body: json!({"percent": 50}),
        };
        assert_eq!(read(text.as_bytes()), Ok(Line::Request(request)));
        assert_eq!(read(br#"{"note": "late facts follow"}"#), Ok(Line::Note));
        assert_eq!(read(b"  \t"), Ok(Line::Blank));
        assert_eq!(read(b"\r"), Ok(Line::Blank));
    }

    #[test]
    fn a_line_says_what_is_wrong_with_it() {
        assert!(matches!(fault("not json"), LineFault::NotJson(_)));
        assert!(matches!(fault("[]"), LineFault::NotJson(_)));
        assert_eq!(read(b"\xff"), Err(LineFault::NotText));
        assert_eq!(fault(r#"{"key":"k","body":{}}"#), LineFault::Missing("post"));
        assert_eq!(fault(r#"{"post":"/v1/x","body":{}}"#), LineFault::Missing("key"));
        assert_eq!(fault(r#"{"post":"/v1/x","key":"k"}"#), LineFault::Missing("body"));
        let unknown = LineFault::UnknownField("get".to_owned());
        assert_eq!(fault(r#"{"get":"/v1/x","key":"k","body":{}}"#), unknown);
        for (field, line) in [
            ("post", r#"{"post":"/metrics","key":"k","body":{}}"#),
            ("post", r#"{"post":"/v1/x?dry_run=true","key":"k","body":{}}"#),
            ("post", r#"{"post":"/v1/../health","key":"k","body":{}}"#),
            ("post", r#"{"post":7,"key":"k","body":{}}"#),
            ("key", r#"{"post":"/v1/x","key":"","body":{}}"#),
            ("key", r#"{"post":"/v1/x","key":"a b","body":{}}"#),
            ("as", r#"{"post":"/v1/x","key":"k","as":"Position 1","body":{}}"#),
            ("body", r#"{"post":"/v1/x","key":"k","body":[]}"#),
            ("note", r#"{"note":"n","key":"k"}"#),
        ] {
            let fault = fault(line);
            let named = matches!(&fault, LineFault::Wrong { field: at, .. } if *at == field);
            assert!(named, "{line}: {fault}");
        }
    }

    #[test]
    fn a_key_that_would_not_fit_the_header_is_refused() {
        let line = |length: usize| {
            let key = "k".repeat(length);
            read(json!({"post": "/v1/x", "key": key, "body": {}}).to_string().as_bytes())
        };
        assert!(line(KEY_CHARS_MAX).is_ok());
        assert!(line(KEY_CHARS_MAX + 1).is_err());
    }

    #[test]
    fn names_stand_for_ids_in_paths_and_in_whole_texts_of_bodies() {
        let mut names = Names::default();
        names.bind("kari".to_owned(), Bound::Id("id-7".to_owned()));
        let path = names.path("/v1/trainees/{kari}/correction", None);
        assert_eq!(path, Ok("/v1/trainees/id-7/correction".to_owned()));
        let body =
            json!({"trainee": "{kari}", "all": ["{kari}", "kari", "a {kari}", "{}"], "n": 1});
        let resolved =
            json!({"trainee": "id-7", "all": ["id-7", "kari", "a {kari}", "{}"], "n": 1});
        assert_eq!(names.body(&body, None), Ok(resolved));
        let half = names.path("/v1/x{kari}", None);
        assert!(matches!(half, Err(Unusable::Fault(LineFault::Wrong { .. }))));
    }

    #[test]
    fn a_name_that_stands_for_nothing_says_why() {
        let mut names = Names::default();
        names.bind("lost".to_owned(), Bound::Lost { line: 3 });
        names.bind("rehearsed".to_owned(), Bound::Rehearsed { line: 4 });
        let use_of = |name: &str| names.path(&format!("/v1/trainees/{{{name}}}"), None);
        assert_eq!(use_of("lost"), Err(Unusable::Lost { name: "lost".to_owned(), line: 3 }));
        let rehearsed = Unusable::Rehearsed { name: "rehearsed".to_owned(), line: 4 };
        assert_eq!(use_of("rehearsed"), Err(rehearsed));
        let stood_in = names.path("/v1/trainees/{rehearsed}", Some("id-0"));
        assert_eq!(stood_in, Ok("/v1/trainees/id-0".to_owned()));
        let unknown = LineFault::UnknownName("{nobody}".to_owned());
        assert_eq!(use_of("nobody"), Err(Unusable::Fault(unknown)));
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        assert_eq!(names.free("a"), Ok(()));
        names.bind("a".to_owned(), Bound::Lost { line: 1 });
        assert_eq!(names.free("a"), Err(LineFault::NameTaken("a".to_owned())));
    }
}
