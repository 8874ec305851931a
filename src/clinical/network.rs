//! From where somebody asks, as limits count it.

use std::net::{IpAddr, Ipv6Addr};

/// The network of an address: of IPv6 a household has a whole /64, and IPv4 that is written as IPv6 is IPv4.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}
