//! Reading a request's body within bounds of size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body took too long")]
    Slow,
    #[error("the body was cut off")]
    Broken,
}

/// Collects at most `limit` bytes; more is refused as soon as it is announced or arrives.
pub async fn collect(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    let collected = tokio::time::timeout(TIMEOUT, Limited::new(body, limit).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::Broken),
        Err(_) => Err(BodyError::Slow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_cut_off_as_soon_as_it_is_too_large() {
        assert_eq!(collect(Body::from("12345"), 5).await, Ok(Bytes::from("12345")));
        assert_eq!(collect(Body::from("123456"), 5).await, Err(BodyError::TooLarge));

        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from("1234")));
        assert_eq!(collect(Body::from_stream(endless), 5).await, Err(BodyError::TooLarge));

        let broken = futures::stream::iter([Ok(Bytes::from("1")), Err(std::io::Error::other("gone"))]);
        assert_eq!(collect(Body::from_stream(broken), 5).await, Err(BodyError::Broken));
    }
}
