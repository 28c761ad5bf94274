//! Whether examples of an operation are such as the document allows.

use serde_json::Value;

use super::{Contract, escape};

impl Contract {
    /// The operation at a path, and where it stands in the document.
    pub fn operation_at(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let path = path.split(['?', '#']).next().unwrap_or("");
        let template = self.template_of(path)?;
        let pointer = format!("/paths/{}/{}", escape(template), method.to_lowercase());
        Some((pointer.clone(), self.document.pointer(&pointer)?))
    }

    /// Holds the examples of an operation, a request and answers by status and media type, against
    /// its schemas.
    pub fn allows(&self, id: &str, examples: &Value) -> Result<(), String> {
        let mut all = self.operations();
        let found = all.find(|(_, _, operation)| operation["operationId"] == id);
        let (path, method, operation) = found.ok_or(format!("{id} is no operation"))?;
        let pointer = format!("/paths/{}/{}", escape(path), method.to_lowercase());
        let mut broken = Vec::new();
        let request = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !request.is_null() {
            let validator = self.validator(&format!("{pointer}/request"), request);
            let sent = &examples["request"];
            broken.extend(validator.iter_errors(sent).map(|error| format!("request: {error}")));
        }
        let answers = examples["answers"].as_object().into_iter().flatten();
        for (status, by_media) in answers {
            let response = self.resolved(&operation["responses"][status]);
            for (media, answer) in by_media.as_object().into_iter().flatten() {
                let schema = &response["content"][media]["schema"];
                if !media.ends_with("json") {
                    continue;
                }
                if schema.is_null() {
                    broken.push(format!("{status} {media} is not documented"));
                    continue;
                }
                let validator = self.validator(&format!("{pointer}/{status}/{media}"), schema);
                let errors = validator.iter_errors(answer);
                broken.extend(errors.map(|error| format!("{status} {media}: {error}")));
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(format!("{id}: {}", broken.join("; "))) }
    }
}
