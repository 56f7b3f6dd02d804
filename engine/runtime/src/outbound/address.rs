//! Which addresses are the internet's, which lie inside a network, and which nobody outside this machine may name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everybody can reach it.
    Public,
    /// A company's own network: private, shared (RFC 6598) or unique local (RFC 4193).
    Inside,
    /// This machine, its link, a cloud's services for it, another form of an address, or no place at all.
    Never,
}

/// Private networks.
const INSIDE_4: [([u8; 4], u32); 4] =
    [([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16), ([100, 64, 0, 0], 10)];

/// What nothing outside is called by: this network, loopback, link-local, protocol assignments, documentation, 6to4
/// relays, benchmarks, multicast, reserved; and where clouds answer their own machines: Alibaba's and Azure's (others
/// are link-local).
const NEVER_4: [([u8; 4], u32); 14] = [
    ([0, 0, 0, 0], 8),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    ([100, 100, 100, 200], 32),
    ([168, 63, 129, 16], 32),
    ([255, 255, 255, 255], 32),
];

/// All that is routed in IPv6 begins with these three bits.
const GLOBAL_6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const UNIQUE_LOCAL: (Ipv6Addr, u32) = (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);
/// Amazon's services for its machines.
const METADATA_6: (Ipv6Addr, u32) = (Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0), 32);
/// Within what is routed: protocol assignments with Teredo, documentation, 6to4, documentation again.
const NEVER_6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Where an address lies. Addresses of IPv4 written within IPv6 (mapped, compatible, NAT64, 6to4, Teredo) are none of
/// the internet's, whatever they hold.
pub(super) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) if NEVER_4.iter().any(|(net, bits)| in_4(address, *net, *bits)) => Reach::Never,
        IpAddr::V4(address) if INSIDE_4.iter().any(|(net, bits)| in_4(address, *net, *bits)) => Reach::Inside,
        IpAddr::V4(_) => Reach::Public,
        IpAddr::V6(address) if in_6(address, METADATA_6) => Reach::Never,
        IpAddr::V6(address) if in_6(address, UNIQUE_LOCAL) => Reach::Inside,
        IpAddr::V6(address) if NEVER_6.iter().any(|net| in_6(address, *net)) => Reach::Never,
        IpAddr::V6(address) if in_6(address, GLOBAL_6) => Reach::Public,
        IpAddr::V6(_) => Reach::Never,
    }
}

/// Whether `address` lies in the network that shares its first `bits` bits with `net`; never across the two families.
pub(super) fn is_in(address: IpAddr, net: IpAddr, bits: u32) -> bool {
    match (address, net) {
        (IpAddr::V4(address), IpAddr::V4(net)) => in_4(address, net.octets(), bits),
        (IpAddr::V6(address), IpAddr::V6(net)) => in_6(address, (net, bits)),
        _ => false,
    }
}

fn in_4(address: Ipv4Addr, net: [u8; 4], bits: u32) -> bool {
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    address.to_bits() & mask == Ipv4Addr::from(net).to_bits() & mask
}

fn in_6(address: Ipv6Addr, (net, bits): (Ipv6Addr, u32)) -> bool {
    let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
    address.to_bits() & mask == net.to_bits() & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn every_address_lies_somewhere() {
        for (reached, addresses) in [
            (
                Reach::Public,
                &[
                    "1.1.1.1",
                    "9.255.255.255",
                    "11.0.0.0",
                    "100.63.255.255",
                    "100.128.0.0",
                    "128.0.0.1",
                    "172.32.0.1",
                    "192.0.1.1",
                    "223.255.255.255",
                    "2400:3200::1",
                    "2606:4700:4700::1111",
                    "2001:200::1",
                ][..],
            ),
            (
                Reach::Inside,
                &[
                    "10.0.0.1",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.1.1",
                    "100.64.0.1",
                    "fd12::1",
                    "fc00::1",
                ],
            ),
            (
                Reach::Never,
                &[
                    "0.0.0.0",
                    "127.0.0.1",
                    "127.255.255.255",
                    "169.254.169.254",
                    "100.100.100.200",
                    "168.63.129.16",
                    "192.0.0.192",
                    "198.19.0.1",
                    "224.0.0.1",
                    "255.255.255.255",
                    "::",
                    "::1",
                    "::ffff:8.8.8.8",
                    "::127.0.0.1",
                    "64:ff9b::7f00:1",
                    "64:ff9b:1::1",
                    "2002:7f00:1::",
                    "2001:0:4136:e378::1",
                    "2001:db8::1",
                    "3fff::1",
                    "fe80::1",
                    "fec0::1",
                    "ff02::1",
                    "100::1",
                    "fd00:ec2::254",
                    "5f00::1",
                ],
            ),
        ] {
            for text in addresses {
                assert_eq!(reach(text.parse().expect("an address")), reached, "{text}");
            }
        }
    }

    #[test]
    fn a_network_holds_what_begins_as_it_does() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(is_in(ip("10.1.2.3"), ip("10.1.0.0"), 16) && !is_in(ip("10.2.0.1"), ip("10.1.0.0"), 16));
        assert!(is_in(ip("10.1.2.3"), ip("10.1.2.3"), 32) && is_in(ip("1.2.3.4"), ip("9.9.9.9"), 0));
        assert!(is_in(ip("fd12::1"), ip("fd12::"), 64) && !is_in(ip("::ffff:10.0.0.1"), ip("10.0.0.0"), 8));
    }
}
