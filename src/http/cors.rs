//! Pages of other origins. Closed unless the operator names them: then a page of theirs may send
//! what the API takes and read what it answers, with a token of its own. There are no cookies, so
//! none are allowed.

use actix_cors::Cors;

/// Seconds that a browser may remember what it was allowed.
const REMEMBERED_SECONDS: usize = 600;
/// Headers that the API reads.
const REQUEST_HEADERS: [&str; 10] = [
    "accept-language",
    "authorization",
    "content-type",
    "dpop",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "min-log-position",
    "x-request-id",
];
/// Headers of answers that callers act on.
const ANSWER_HEADERS: [&str; 8] = [
    "etag",
    "link",
    "location",
    "log-position",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-request-id",
];

/// Lets pages of these origins in.
pub fn of(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST"])
        .allowed_headers(REQUEST_HEADERS)
        .expose_headers(ANSWER_HEADERS)
        .max_age(REMEMBERED_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// An origin as browsers send it: scheme and host, a port if it is not the scheme's, no path.
///
/// # Errors
/// When the text is none.
pub fn origin(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(fits) => Ok(text.to_owned()),
        Some(_) | None => Err("not an origin such as https://app.example.no".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host_and_nothing_else() {
        for good in ["https://app.example.no", "http://localhost:3000", "http://[::1]:3000"] {
            assert_eq!(origin(good), Ok(good.to_owned()));
        }
        for bad in ["", "*", "null", "https://", "app.example.no", "https://a.no/", "https://A.no"]
        {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
