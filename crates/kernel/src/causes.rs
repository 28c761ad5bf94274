//! An error in words, with what caused it.

/// The error with its causes on one line, for the log. Some libraries tell the cause in the words
/// of the error itself; it is told once.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let recorded = cause.to_string();
        if !text.ends_with(&recorded) {
            text.push_str(": ");
            text.push_str(&recorded);
        }
        source = cause.source();
    }
    text
}
