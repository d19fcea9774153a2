//! Answers from the first moment: health while the gateway starts, everything once it is there.

use std::{convert::Infallible, sync::Arc};

use arc_swap::ArcSwapOption;
use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse as _, Response},
};
use tower::{Service as _, service_fn};

use super::request_id;
use crate::health::Health;

/// The way in, closed until [`Door::open`].
#[derive(Clone, Default)]
pub struct Door {
    inside: Arc<ArcSwapOption<Router>>,
}

impl Door {
    /// From now on requests go to the gateway.
    pub fn open(&self, gateway: Router) {
        self.inside.store(Some(Arc::new(gateway)));
    }

    /// `/health/…` and, behind it, the gateway.
    pub fn router(&self, health: Health) -> Router {
        let door = self.clone();
        let enter = service_fn(move |request: Request| {
            let inside = door.inside.load_full();
            async move {
                match inside {
                    Some(gateway) => Router::clone(&gateway).call(request).await,
                    None => Ok::<_, Infallible>(closed()),
                }
            }
        });
        Router::new().merge(health.router().layer(from_fn(request_id::assign))).fallback_service(enter)
    }
}

fn closed() -> Response {
    let body = r#"{"errors":[{"message":"The gateway is starting.","extensions":{"code":"UNAVAILABLE"}}]}"#;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response()
}
