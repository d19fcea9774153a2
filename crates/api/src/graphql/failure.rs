//! What goes wrong with a request or one of its fields, and what the caller is told of it.

use async_graphql::{ServerError, parser};
use rapport_domain::{plan, record};
use rapport_tenancy::{DbError, KeyError, Outage};
use serde_json::{Value, json};

use super::code;
use crate::{
    http::{error::sentence, outage},
    limits::document::DocumentTooLarge,
};

/// The request does not run.
#[derive(Debug)]
pub struct Refusal {
    pub code: &'static str,
    pub errors: Vec<Value>,
}

impl Refusal {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self { code, errors: vec![json!({ "message": message, "extensions": { "code": code } })] }
    }

    pub fn internal() -> Self {
        Self::new(code::INTERNAL, code::INTERNAL_MESSAGE)
    }

    pub fn too_large(error: DocumentTooLarge) -> Self {
        Self::new(DocumentTooLarge::CODE, sentence(&error.to_string()))
    }

    pub fn parse(error: &parser::Error) -> Self {
        let place = error.positions().next();
        let message = match place {
            Some(at) => {
                format!("The document cannot be parsed: unexpected text at line {}, column {}.", at.line, at.column)
            }
            None => "The document cannot be parsed.".to_owned(),
        };
        let mut refusal = Self::new(code::PARSE_FAILED, message);
        if let Some(at) = place {
            refusal.errors[0]["locations"] = json!([{ "line": at.line, "column": at.column }]);
        }
        refusal
    }

    pub fn invalid(errors: &[ServerError]) -> Self {
        let first = match errors.first().and_then(code::of) {
            Some(code::BAD_USER_INPUT) => code::BAD_USER_INPUT,
            Some(code::OPERATION_RESOLUTION) => code::OPERATION_RESOLUTION,
            _ => code::VALIDATION_FAILED,
        };
        let errors = errors.iter().map(|error| serde_json::to_value(error).unwrap_or_default()).collect();
        Self { code: first, errors }
    }
}

/// A field at the root failed, or one below it that takes it along.
#[derive(Debug, Clone)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
    /// Keys of the answer below the root; none where the root field itself is at fault.
    pub path: plan::Path,
    /// The argument at fault: `filter.score.gte`.
    pub argument: Option<String>,
    /// Answers with this status: the whole service is at fault, not the field.
    pub http: Option<u16>,
}

impl Failure {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), path: plan::Path::new(), argument: None, http: None }
    }

    pub fn unauthenticated() -> Self {
        Self::new(code::UNAUTHENTICATED, "Sign in first.")
    }

    /// Not the caller's fault: the log gets the chain of causes, the caller learns whether it is worth another try.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "A root field failed");
        match Outage::behind(error) {
            Some(outage) => {
                let (code, message) = outage::told(outage);
                Self { http: Some(503), ..Self::new(code, sentence(message)) }
            }
            None => Self::new(code::INTERNAL, code::INTERNAL_MESSAGE),
        }
    }

    /// A server without the keys of encrypted fields: the log says why.
    fn without_keys(error: &KeyError) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "Encrypted fields cannot be used");
        Self::new(code::ENCRYPTION_UNAVAILABLE, code::ENCRYPTION_UNAVAILABLE_MESSAGE)
    }

    pub fn json(&self, key: &str, request_id: &str) -> Value {
        let mut extensions = json!({ "code": self.code });
        if let Some(argument) = &self.argument {
            extensions["argument"] = argument.as_str().into();
        }
        if self.code == code::INTERNAL {
            extensions["requestId"] = request_id.into();
        }
        let path: Vec<&str> = [key].into_iter().chain(self.path.iter().map(|key| &**key)).collect();
        json!({ "message": self.message, "path": path, "extensions": extensions })
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy => Self {
                http: Some(503),
                ..Self::new(code::OVERLOADED, "Too much is being asked of the database just now; try again shortly.")
            },
            DbError::Timeout => Self::new(code::TIMEOUT, "This took too long and was stopped; ask for less at once."),
            DbError::Conflict => Self::new(code::CONFLICT, "Somebody changed the same records just now; try again."),
            other => Self::internal(&other),
        }
    }
}

impl From<plan::Error> for Failure {
    fn from(error: plan::Error) -> Self {
        match error {
            plan::Error::Input { path, at, message } => {
                let message = format!("`{at}` {message}.");
                Self { path, argument: Some(at), ..Self::new(code::BAD_USER_INPUT, message) }
            }
            plan::Error::MixedCurrencies { ref path, .. } => {
                Self { path: path.clone(), ..Self::new(code::MIXED_CURRENCIES, sentence(&error.to_string())) }
            }
            plan::Error::TooMany { .. } => Self::new(code::BAD_USER_INPUT, sentence(&error.to_string())),
            plan::Error::Storage(error) => error.into(),
            plan::Error::Keys(error) => Self::without_keys(&error),
            plan::Error::Unknown(_) | plan::Error::Decode { .. } | plan::Error::Answer(_) => Self::internal(&error),
        }
    }
}

impl From<record::Error> for Failure {
    fn from(error: record::Error) -> Self {
        match error {
            record::Error::Database(error) => error.into(),
            record::Error::Keys(error) => Self::without_keys(&error),
            other @ record::Error::Corrupt { .. } => Self::internal(&other),
        }
    }
}
