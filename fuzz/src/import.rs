//! The lines of a file for `alis import`, one after another, as a run of it would read them.

use alis::import::line::{self, Bound, Line, Names, RequestLine};
use serde_json::json;

use super::same;

/// What stands in for the id of something that a line has made.
const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A line is told back, and what is sent names nothing any more.
pub fn import_lines(bytes: &[u8]) {
    let mut names = Names::default();
    for bytes in bytes.split(|byte| *byte == b'\n') {
        let Ok(Line::Request(request)) = line::read(bytes) else { continue };
        recorded_again(&request);
        if let Ok(path) = names.path(&request.post, None) {
            assert!(path.starts_with("/v1/") && !path.contains(['{', '}', '?', '#']), "{path}");
            assert!(!path.split('/').any(|part| part == ".."), "{path}");
        }
        if let Ok(body) = names.body(&request.body, Some(ID)) {
            assert!(body.is_object());
            let again = names.body(&body, None).ok();
            assert!(again.is_some_and(|again| same(&again, &body)), "a name was left: {body}");
        }
        if let Some(name) = request.name.filter(|name| names.free(name).is_ok()) {
            names.bind(name.clone(), Bound::Id(ID.to_owned()));
            assert!(names.free(&name).is_err());
            assert_eq!(names.path(&format!("/v1/{{{name}}}"), None), Ok(format!("/v1/{ID}")));
        }
    }
}

fn recorded_again(request: &RequestLine) {
    let RequestLine { post, key, name, body } = request;
    let mut recorded = json!({ "post": post, "key": key, "body": body });
    if let Some(name) = name {
        recorded["as"] = json!(name);
    }
    let Ok(Line::Request(again)) = line::read(recorded.to_string().as_bytes()) else {
        panic!("refused when it was told back: {recorded}");
    };
    let sent =
        |request: &RequestLine| (request.post.clone(), request.key.clone(), request.name.clone());
    assert_eq!(sent(&again), sent(request));
    assert!(same(&again.body, body), "{body}");
}
