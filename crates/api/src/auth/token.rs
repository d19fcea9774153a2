//! Access tokens: `EdDSA` JWTs of ten minutes (RFC 9068), and what one says.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use rapport_tenancy::{PersonId, SessionId, TenantId};
use serde::{Deserialize, Serialize};

use super::keys::{SigningPair, VerifyingKeys};

/// How long an access token lives.
pub const LIFETIME: Duration = Duration::minutes(10);
/// How far clocks of two nodes may differ, in seconds.
pub const LEEWAY_SECONDS: u64 = 10;
/// A longer text is no token of ours.
const MAX_BYTES: usize = 4096;
const TYPE: &str = "at+jwt";
const AUDIENCE: &str = "rapport-api";

/// What a token says: who, in which workspace, by which session, until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub person: PersonId,
    pub tenant: TenantId,
    pub session: SessionId,
    pub expires_at: DateTime<Utc>,
}

/// Why a text is not accepted as a token. Told to nobody but the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    #[error("not a token of ours")]
    Malformed,
    #[error("signed by a key we do not know")]
    UnknownKey,
    #[error("expired")]
    Expired,
    #[error("signature, issuer, audience, type or a claim is wrong")]
    Refused,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: PersonId,
    tid: TenantId,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Signs a grant for `issuer` (the public URL).
pub fn sign(pair: &SigningPair, issuer: &str, grant: &Grant) -> jsonwebtoken::errors::Result<String> {
    let from = (grant.expires_at - LIFETIME).timestamp();
    let header =
        Header { typ: Some(TYPE.to_owned()), kid: Some(pair.kid().to_owned()), ..Header::new(Algorithm::EdDSA) };
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: grant.person,
        tid: grant.tenant,
        sid: grant.session,
        iat: from,
        nbf: from,
        exp: grant.expires_at.timestamp(),
    };
    jsonwebtoken::encode(&header, &claims, pair.encoding())
}

/// Checks everything that can be checked without asking anybody: form, type, key, signature, issuer, audience, times.
pub fn verify(keys: &VerifyingKeys, issuer: &str, token: &str) -> Result<Grant, InvalidToken> {
    use jsonwebtoken::errors::ErrorKind;

    if token.len() > MAX_BYTES {
        return Err(InvalidToken::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
    // RFC 9068: an ID token or a refresh token must not pass for an access token.
    if header.typ.as_deref() != Some(TYPE) || header.alg != Algorithm::EdDSA || header.crit.is_some() {
        return Err(InvalidToken::Refused);
    }
    let kid = header.kid.as_deref().ok_or(InvalidToken::Refused)?;
    let key = keys.get(kid).ok_or(InvalidToken::UnknownKey)?;
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation(issuer));
    let claims = decoded
        .map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => InvalidToken::Expired,
            _ => InvalidToken::Refused,
        })?
        .claims;
    Ok(Grant {
        person: claims.sub,
        tenant: claims.tid,
        session: claims.sid,
        expires_at: DateTime::from_timestamp(claims.exp, 0).ok_or(InvalidToken::Refused)?,
    })
}

fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY_SECONDS;
    validation
}

#[cfg(test)]
mod tests;
