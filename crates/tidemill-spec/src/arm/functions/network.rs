//! Networks: `parseCidr`, `cidrSubnet` and `cidrHost`, for IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::{count, int_arg, text_arg};
use crate::arm::error::{ArmError, Result};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value>> {
    Some(match name {
        "parsecidr" => parse(args),
        "cidrsubnet" => subnet(args),
        "cidrhost" => host(args),
        _ => return None,
    })
}

/// A network: its first address as a number, how many bits an address has, and how many of them name the network.
#[derive(Debug, Clone, Copy)]
struct Network {
    first: u128,
    bits: u32,
    prefix: u32,
}

impl Network {
    fn read(text: &str) -> Result<Self> {
        let no = || ArmError::new(format!("`{text}` is no network such as 10.0.0.0/16"));
        let (address, prefix) = text.split_once('/').ok_or_else(no)?;
        let prefix: u32 = prefix.parse().map_err(|_| no())?;
        let (number, bits) = match address.parse::<IpAddr>().map_err(|_| no())? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        if prefix > bits {
            return Err(no());
        }
        let network = Self {
            first: 0,
            bits,
            prefix,
        };
        Ok(Self {
            first: number & !network.hosts(),
            ..network
        })
    }

    /// The bits that name an address within it, all set.
    fn hosts(self) -> u128 {
        let free = self.bits - self.prefix;
        1u128.checked_shl(free).map_or(u128::MAX, |size| size - 1)
    }

    fn address(self, number: u128) -> String {
        match self.bits {
            32 => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).to_string(),
            _ => Ipv6Addr::from(number).to_string(),
        }
    }
}

fn parse(args: &[Value]) -> Result<Value> {
    count(args, 1, 1)?;
    let network = Network::read(text_arg(args, 0)?)?;
    let last = network.first | network.hosts();
    let mut told = json!({
        "network": network.address(network.first), "netmask": network.address(mask(network)), "cidr": network.prefix,
        "firstUsable": network.address(network.first + u128::from(network.bits == 32 && network.prefix < 31)),
        "lastUsable": network.address(last),
    });
    if network.bits == 32 {
        // The last address of an IPv4 network reaches all of it.
        let usable = if network.prefix < 31 { last - 1 } else { last };
        told["lastUsable"] = network.address(usable).into();
        told["broadcast"] = network.address(last).into();
    }
    Ok(told)
}

fn mask(network: Network) -> u128 {
    let all = if network.bits == 32 {
        u128::from(u32::MAX)
    } else {
        u128::MAX
    };
    all & !network.hosts()
}

fn subnet(args: &[Value]) -> Result<Value> {
    count(args, 3, 3)?;
    let around = Network::read(text_arg(args, 0)?)?;
    let (prefix, at) = (int_arg(args, 1)?, int_arg(args, 2)?);
    let prefix = u32::try_from(prefix)
        .ok()
        .filter(|prefix| (around.prefix..=around.bits).contains(prefix));
    let prefix =
        prefix.ok_or_else(|| ArmError::new("a network in another one has a longer prefix than that"))?;
    let inner = Network { prefix, ..around };
    let at = u128::try_from(at).map_err(|_| ArmError::new("networks are counted from 0"))?;
    let many = 1u128.checked_shl(prefix - around.prefix);
    if many.is_some_and(|many| at >= many) {
        return Err(ArmError::new(format!(
            "there is no network {at} of /{prefix} in it"
        )));
    }
    let first = around.first + at.checked_mul(inner.hosts().wrapping_add(1)).unwrap_or(0);
    Ok(Value::String(format!("{}/{prefix}", inner.address(first))))
}

fn host(args: &[Value]) -> Result<Value> {
    count(args, 2, 2)?;
    let network = Network::read(text_arg(args, 0)?)?;
    let at = u128::try_from(int_arg(args, 1)?).map_err(|_| ArmError::new("addresses are counted from 0"))?;
    // The first address of an IPv4 network is the network itself.
    let at = at + u128::from(network.bits == 32 && network.prefix < 31);
    if at > network.hosts() {
        return Err(ArmError::new("there is no such address in it"));
    }
    Ok(Value::String(network.address(network.first + at)))
}
