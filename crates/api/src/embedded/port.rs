use std::net::{Ipv4Addr, TcpListener};

use super::Error;

/// A TCP port on loopback that nobody uses now. Another program may take it before the server does:
/// who starts a server tries again with another one then.
pub fn free() -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Error::file("find a free port on", "127.0.0.1"))
}
