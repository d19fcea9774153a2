//! Which client a request comes from, as far as one can know.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use axum::http::HeaderMap;

/// A client's address as limits count it: IPv4 whole, IPv6 by its /64, which one customer holds alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The peer, or, behind `trusted_hops` proxies that append to `X-Forwarded-For`, the address the outermost saw.
    /// Whatever a client itself wrote into the header stands further left and is not looked at.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted_hops: usize) -> Self {
        let lines = headers.get_all("x-forwarded-for").iter();
        let forwarded: Vec<&str> =
            lines.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        let seen = forwarded
            .len()
            .checked_sub(trusted_hops)
            .filter(|_| trusted_hops > 0)
            .and_then(|at| forwarded.get(at))
            .and_then(|text| text.trim().parse().ok());
        Self::from(seen.unwrap_or(peer))
    }
}

impl ClientAddress {
    pub fn ip(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded: &[&str], hops: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        ClientAddress::of(peer.parse().expect("an address"), &headers, hops).to_string()
    }

    #[test]
    fn the_header_counts_only_as_far_as_proxies_are_trusted() {
        assert_eq!(of("10.0.0.1", &["198.51.100.7"], 0), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["198.51.100.7"], 1), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.7"], 1), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &["1.1.1.1", "198.51.100.7, 10.0.0.9"], 2), "198.51.100.7");
        assert_eq!(of("10.0.0.1", &[], 1), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["unknown"], 1), "10.0.0.1");
    }

    #[test]
    fn ipv6_counts_by_its_network() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[], 0), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.1", &[], 0), "192.0.2.1");
    }
}
