//! What a caller shows. To add a way in (OAuth, cookie): a variant here, its text form in [`Credential::of`],
//! and what it grants in [`super::Auth::authenticate`].

use axum::http::{HeaderMap, header::AUTHORIZATION};

use super::api_key::PREFIX;

/// The credential of a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential<'a> {
    None,
    /// `Authorization: Bearer <JWT>`: an access token of ours.
    AccessToken(&'a str),
    /// `Authorization: Bearer rap_live_…`: an API key.
    ApiKey(&'a str),
}

/// There is something in `Authorization` that is no credential we know.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownCredential;

impl<'a> Credential<'a> {
    /// Reads the headers; two `Authorization` headers are none we would choose between.
    pub fn of(headers: &'a HeaderMap) -> Result<Self, UnknownCredential> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Ok(Self::None);
        };
        if values.next().is_some() {
            return Err(UnknownCredential);
        }
        let text = value.to_str().map_err(|_| UnknownCredential)?;
        match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                let token = token.trim_matches(' ');
                if token.is_empty() || token.contains(' ') {
                    return Err(UnknownCredential);
                }
                Ok(if token.starts_with(PREFIX) { Self::ApiKey(token) } else { Self::AccessToken(token) })
            }
            _ => Err(UnknownCredential),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().expect("a header"));
        }
        headers
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_schemes_case() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            let headers = headers(&[value]);
            assert!(Credential::of(&headers) == Ok(Credential::AccessToken("abc")), "{value}");
        }
        assert!(Credential::of(&HeaderMap::new()) == Ok(Credential::None));
    }

    #[test]
    fn a_key_is_told_by_its_beginning() {
        let of = |text: &str| Credential::of(&headers(&[text])) == Ok(Credential::ApiKey("rap_live_x"));
        assert!(of("Bearer rap_live_x"));
        assert!(!of("Bearer RAP_LIVE_x"));
    }

    #[test]
    fn anything_else_is_refused_and_never_anonymous() {
        for values in
            [&["Basic abc"][..], &["Bearer"], &["Bearer "], &["abc"], &[""], &["Bearer a b"], &["Bearer a", "Bearer b"]]
        {
            assert!(Credential::of(&headers(values)).is_err(), "{values:?}");
        }
    }
}
