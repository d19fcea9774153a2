//! A listening socket and its connections: what `axum::serve` leaves out.

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tower::Service as _;

use crate::shutdown::Shutdown;

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests may go on once the server is to end.
const GRACE: Duration = Duration::from_secs(25);
const PING: Duration = Duration::from_secs(30);
const STREAMS: u32 = 250;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A bound address that does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("the address {address} is in use: end the program that listens there, or choose another in {setting}")]
    InUse { address: SocketAddr, setting: &'static str },
    #[error("cannot listen on {address} ({setting})")]
    Other {
        address: SocketAddr,
        setting: &'static str,
        #[source]
        source: io::Error,
    },
}

impl Server {
    /// Takes the address; `setting` is what a message about it names.
    pub async fn bind(address: SocketAddr, setting: &'static str) -> Result<Self, BindError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse { address, setting },
            _ => BindError::Other { address, setting, source },
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where it listens; the port that the system chose when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is asked to stop; then takes no new connection and lets requests end within 25 seconds.
    pub async fn serve(self, router: Router, shutdown: Shutdown) {
        let graceful = GracefulShutdown::new();
        loop {
            tokio::select! {
                biased;
                () = shutdown.asked() => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let connection = serve_connection(stream, peer, router.clone(), graceful.watcher());
                        let aborted = shutdown.clone();
                        tokio::spawn(async move {
                            tokio::select! { () = connection => {}, () = aborted.insisted() => {} }
                        });
                    }
                    Err(error) => {
                        // Out of file descriptors: some are given back soon.
                        tracing::warn!(%error, "cannot accept a connection");
                        sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        }
        drop(self.listener);
        let open = graceful.count();
        tokio::select! {
            () = graceful.shutdown() => {}
            () = sleep(GRACE) => tracing::warn!(open, "some requests did not end in time"),
            () = shutdown.insisted() => tracing::warn!(open, "requests are cut off"),
        }
    }
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    if stream.set_nodelay(true).is_err() || !says_something(&stream).await {
        return;
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(router.call(request.map(Body::new)).await.unwrap_or_else(|never| match never {})) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING).max_concurrent_streams(STREAMS);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Waits until the client shows which protocol it speaks. hyper waits for that without a limit: a client that sends
/// nothing, or half of the HTTP/2 preface, would hold its connection for ever.
async fn says_something(stream: &TcpStream) -> bool {
    let look = async {
        let mut seen = [0; PREFACE.len()];
        loop {
            match stream.peek(&mut seen).await {
                Ok(0) | Err(_) => return false,
                Ok(count) if count == PREFACE.len() || seen[..count] != PREFACE[..count] => return true,
                // What was seen stays readable, so waiting for more is a pause.
                Ok(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(HEAD, look).await.unwrap_or(false)
}

#[cfg(test)]
mod tests;
