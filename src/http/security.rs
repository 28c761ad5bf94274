//! Headers that tell browsers what not to do with an answer, on every answer.
//!
//! `Cache-Control` is not among them: answers are `private, no-cache` unless they say otherwise, so
//! that only the caller keeps them and asks each time, by `ETag`, whether they still hold. With
//! `no-store` there would be nothing to ask about, and no 304.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Where the documentation page is; it alone runs scripts.
const DOCS: &str = "/docs";
/// An answer is data: nothing in it is to be loaded, run or framed.
const POLICY_OF_DATA: &str = "default-src 'none'; frame-ancestors 'none'";
/// The documentation page runs its own scripts and asks this service only. It sets styles on
/// elements, and holds its pictures as `data:` addresses.
const POLICY_OF_DOCS: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// One year. Subdomains are left alone: they may belong to somebody else.
const TRANSPORT: &str = "max-age=31536000";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// Puts them on the answer of `path`. `https`: callers reach the service by TLS only.
pub fn put(headers: &mut HeaderMap, path: &str, https: bool) {
    let policy = if path.starts_with(DOCS) { POLICY_OF_DOCS } else { POLICY_OF_DATA };
    let all = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, policy),
        // For browsers that do not know frame-ancestors.
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    for (name, value) in all {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        let value = HeaderValue::from_static(TRANSPORT);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}
