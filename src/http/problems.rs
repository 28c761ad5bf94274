//! The problems of the HTTP kernel: everything that is not a rule of one capability.

pub use crate::problem::common::{INVALID_REQUEST, NOT_FOUND};
use crate::problems;

problems! {
    /// The request cannot be read: the body is not JSON, or the query string cannot be decoded.
    /// Mend the request; the same one will fail again.
    MALFORMED_REQUEST = 400, "malformed_request",
    en: "The request cannot be read", "This is what stopped the reading: {reason}.",
    nb: "Forespørselen kan ikke leses", "Dette stanset lesingen: {reason}.",
    members:
        text("reason", "What stopped the reading, in English: `expected value at line 1 column 1`.");

    /// No valid bearer token came with the request. Send `Authorization: Bearer <token>`.
    UNAUTHENTICATED = 401, "unauthenticated",
    en: "Authentication is needed", "Send a valid token in the header Authorization: Bearer <token>.",
    nb: "Autentisering kreves", "Send et gyldig token i headeren Authorization: Bearer <token>.";

    /// The token does not tell who is calling. `reason`: `expired`, `not_yet_valid`, `audience` (it
    /// was issued for another service), `issuer` (not trusted here), `signature` (also form and
    /// algorithm), `claims` (nobody is named, or not strongly enough), `proof` (DPoP is missing or
    /// wrong). Get a new token.
    TOKEN_REFUSED = 401, "token_refused",
    en: "The token is not accepted", "The reason: {reason}. Get a new token.",
    nb: "Tokenet godtas ikke", "Årsak: {reason}. Hent et nytt token.",
    members: text("reason", "What is wrong with the token: `expired`.");

    /// The token is good, but does not hold the scope that this operation asks for. Get a token
    /// with it.
    SCOPE_MISSING = 403, "scope_missing",
    en: "The token lacks a scope", "This operation needs {scope}.",
    nb: "Tokenet mangler et scope", "Operasjonen krever {scope}.",
    members: text("scope", "The scope that the operation needs: `alis:positions.read`.");

    /// You may see what this is about, and may not do this with it: what you are to it today is not
    /// enough. Relations are recorded like everything else: a leader's term, a supervisor's
    /// assignment, a municipality's delegation to a system.
    RELATION_MISSING = 403, "relation_missing",
    en: "You may not do this", "It takes {needed}.",
    nb: "Du har ikke adgang til dette", "Det krever {needed}.",
    members: text("needed", "What it takes, in English: `to be the office of municipality 5401`.");

    /// The address exists, but not with this method. The header Allow names those it has.
    METHOD_NOT_ALLOWED = 405, "method_not_allowed",
    en: "Method not allowed", "This address takes: {allowed}.",
    nb: "Metoden er ikke tillatt", "Adressen tar imot: {allowed}.",
    members: texts("allowed", "The methods that the address takes: `GET`.");

    /// None of the media types in `Accept` (or the `format` asked for) is offered here.
    NOT_ACCEPTABLE = 406, "not_acceptable",
    en: "Not available in that form", "This address answers: {offered}.",
    nb: "Finnes ikke i den formen", "Adressen svarer med: {offered}.",
    members: texts("offered", "The media types that the address answers: `text/csv`.");

    /// The body did not arrive within the time that the service waits for one. Send it again, at
    /// once and whole; a change under the same Idempotency-Key.
    BODY_TOO_SLOW = 408, "body_too_slow",
    en: "The body came too slowly", "The service waits {seconds} seconds for a body.",
    nb: "Innholdet kom for sent", "Tjenesten venter {seconds} sekunder på innholdet.",
    members: count("seconds", "How long the service waits for a body.");

    /// The resource has changed since the version that `If-Match` names. `current_etag` is the
    /// version to read next, and `unseen_events` what has happened since.
    STALE_VERSION = 412, "stale_version",
    en: "The resource has changed", "It is now at version {current}. Look at the unseen events and decide again.",
    nb: "Ressursen er endret", "Den er nå på versjon {current}. Se på hendelsene du ikke har sett, og avgjør på nytt.",
    members:
        position("current", "The version of the resource, which is the position of its newest event."),
        text("current_etag", "The version to read next, as `If-Match` takes it."),
        events("unseen_events", "What has happened since the version that was named, in order.").optional();

    /// The body is larger than this service takes.
    BODY_TOO_LARGE = 413, "body_too_large",
    en: "The body is too large", "At most {limit} bytes are taken.",
    nb: "Innholdet er for stort", "Høyst {limit} byte tas imot.",
    members: count("limit", "How many bytes are taken.");

    /// The address is longer than this service takes. Ask for less at once.
    ADDRESS_TOO_LONG = 414, "address_too_long",
    en: "The address is too long", "At most {limit} bytes are taken.",
    nb: "Adressen er for lang", "Høyst {limit} byte tas imot.",
    members: count("limit", "How many bytes are taken.");

    /// Bodies are JSON. Send `Content-Type: application/json`.
    UNSUPPORTED_MEDIA_TYPE = 415, "unsupported_media_type",
    en: "Unsupported media type", "Send the body as application/json.",
    nb: "Medietypen støttes ikke", "Send innholdet som application/json.";

    /// The idempotency key came before with another request. Use a new key for a new request.
    KEY_REUSED = 422, "key_reused",
    en: "The idempotency key was used before", "It belongs to another request.",
    nb: "Idempotensnøkkelen er brukt før", "Den hører til en annen forespørsel.";

    /// You ask more than is allowed to one caller. Wait for the seconds in Retry-After. The headers
    /// RateLimit-Policy and RateLimit on earlier answers tell how much is left.
    TOO_MANY_REQUESTS = 429, "too_many_requests",
    en: "Too many requests", "The limit is {limit}. Try again in {seconds} s.",
    nb: "For mange forespørsler", "Grensen er {limit}. Prøv igjen om {seconds} s.",
    members:
        text("limit", "The limit that was reached, in English: `10 a second, 60 at once`."),
        count("seconds", "When to try again.");

    /// The request has more headers than this service takes, or larger ones. Send fewer.
    HEADERS_TOO_LARGE = 431, "headers_too_large",
    en: "The headers are too large", "At most {count} headers of {bytes} bytes in all are taken.",
    nb: "Headerne er for store", "Høyst {count} headere på til sammen {bytes} byte tas imot.",
    members:
        count("count", "How many headers are taken."),
        count("bytes", "How many bytes they may have in all.");

    /// The service failed. The request may have been recorded: send it again under the same
    /// Idempotency-Key. The operator finds the cause under the id in `instance`.
    INTERNAL_ERROR = 500, "internal_error",
    en: "The service failed", "Nothing is wrong with your request. Try again under the same Idempotency-Key.",
    nb: "Tjenesten feilet", "Det er ingenting galt med forespørselen. Prøv igjen med samme Idempotency-Key.";

    /// The service cannot answer now: it is starting, stopping, overloaded or without its database.
    /// Try again after the seconds in Retry-After, a change under the same Idempotency-Key.
    UNAVAILABLE = 503, "unavailable",
    en: "The service cannot answer now", "Try again in a moment.",
    nb: "Tjenesten kan ikke svare nå", "Prøv igjen om litt.";

    /// What was asked for has not reached the log position in `Min-Log-Position` within the time
    /// the service waits. Try again. A position that the log is far from reaching is answered so at
    /// once: no answer of this service has told of it.
    NOT_YET_VISIBLE = 503, "not_yet_visible",
    en: "Not yet visible", "Position {wanted} has not been reached; this answer would show {reached}.",
    nb: "Ikke synlig ennå", "Posisjon {wanted} er ikke nådd; svaret ville vist {reached}.",
    members:
        position("wanted", "The position that was asked for."),
        position("reached", "The position that the answer would show.");
}
