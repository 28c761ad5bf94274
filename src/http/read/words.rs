//! What a read says in headers, and reads from them.

use std::fmt::Display;

use actix_web::HttpRequest;

use crate::edge::{Fault, FieldFault};

/// What `Min-Log-Position` asks for; 0 when it is absent.
pub fn min_position(request: &HttpRequest) -> Result<i64, FieldFault> {
    let fault = Fault::new(
        "invalid_log_position",
        "Must be a log position: a whole number of at most 18 digits.",
        "Må være en loggposisjon: et helt tall med høyst 18 sifre.",
    );
    let Some(text) = crate::http::header::single(request, "Min-Log-Position", &fault)? else {
        return Ok(0);
    };
    let digits = text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    let position = text.parse().ok().filter(|_| digits);
    position.ok_or_else(|| FieldFault::at("/header/Min-Log-Position", fault))
}

/// The `Link` to the same address and query with another value of one parameter.
pub fn next_link(request: &HttpRequest, name: &str, value: impl Display) -> String {
    let kept = request.query_string().split('&').filter(|part| {
        let given = part.split('=').next().unwrap_or("");
        !part.is_empty() && given != name
    });
    let joined: String = kept.map(|part| format!("{part}&")).collect();
    format!("<{}?{joined}{name}={value}>; rel=\"next\"", request.path())
}
