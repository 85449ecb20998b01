//! Slots of a Redis Cluster: which an event is in, and which server has it.

use std::sync::Arc;

use redis::Value;

use crate::domain::ids::EventId;

const SLOTS: u16 = 16_384;

/// Where a server of a cluster is reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

/// Returns the slot of an event's keys: CRC16 (XMODEM) of what stands between the braces.
pub(super) fn slot_of(event_id: EventId) -> u16 {
    crc16(event_id.to_string().as_bytes()) % SLOTS
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// Which master has which slots.
#[derive(Debug, Default)]
pub(super) struct SlotMap {
    /// First and last slot of each range, by their last slots.
    ranges: Vec<(u16, u16, Arc<Address>)>,
}

impl SlotMap {
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn find(&self, slot: u16) -> Option<&Address> {
        let at = self.ranges.partition_point(|(_, last, _)| *last < slot);
        self.ranges
            .get(at)
            .filter(|(first, ..)| *first <= slot)
            .map(|(_, _, address)| address.as_ref())
    }

    /// Returns each master once.
    pub(super) fn masters(&self) -> impl Iterator<Item = &Address> {
        let mut masters: Vec<&Address> =
            self.ranges.iter().map(|(_, _, address)| address.as_ref()).collect();
        masters.sort_unstable();
        masters.dedup();
        masters.into_iter()
    }

    /// Reads the answer to `CLUSTER SLOTS`: ranges, each with its master first. A server that does not know
    /// its own name leaves it out: then it is the name by which it was `asked`.
    pub(super) fn read(answer: &Value, asked: &Address) -> Option<Self> {
        let Value::Array(rows) = answer else { return None };
        let mut ranges = Vec::with_capacity(rows.len());
        for row in rows {
            let Value::Array(row) = row else { return None };
            let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = row.as_slice()
            else {
                return None;
            };
            let [host, Value::Int(port), ..] = master.as_slice() else { return None };
            let host = match host {
                Value::BulkString(host) => std::str::from_utf8(host).ok()?,
                Value::SimpleString(host) => host,
                _ => "",
            };
            let address =
                Address { host: named(host, asked).to_owned(), port: u16::try_from(*port).ok()? };
            ranges.push((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, address.into()));
        }
        ranges.sort_unstable_by_key(|(_, last, _)| *last);
        (!ranges.is_empty()).then_some(Self { ranges })
    }
}

/// Returns the name of a server, or that of the one that was asked if it is left out.
fn named<'a>(host: &'a str, asked: &'a Address) -> &'a str {
    if host.is_empty() || host == "?" { &asked.host } else { host }
}

/// Where a server says that a call belongs. It has not run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirection {
    pub(super) to: Address,
    /// The slot is on its way there: it has to be asked for.
    pub(super) is_asking: bool,
}

impl Redirection {
    /// Reads `MOVED 3999 10.0.0.1:6381` and `ASK …`.
    pub(super) fn of(answer: &Value, asked: &Address) -> Option<Self> {
        let Value::ServerError(error) = answer else { return None };
        let is_asking = match error.code() {
            "MOVED" => false,
            "ASK" => true,
            _ => return None,
        };
        let (_slot, place) = error.details()?.split_once(' ')?;
        let (host, port) = place.rsplit_once(':')?;
        let to = Address { host: named(host, asked).to_owned(), port: port.parse().ok()? };
        Some(Self { to, is_asking })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16) -> Address {
        Address { host: host.to_owned(), port }
    }

    fn parsed(text: &str) -> Value {
        redis::parse_redis_value(text.replace('\n', "\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        let id = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b".parse().unwrap();
        // What `CLUSTER KEYSLOT` answers for its key.
        assert_eq!(slot_of(id), 10_412);
    }

    #[test]
    fn a_map_is_read_and_searched() {
        let rows = "*3
*3
:5461
:10922
*2
$8
10.0.0.2
:7001
*3
:0
:5460
*2
$0

:7000
*3
:10924
:16383
*2
$8
10.0.0.2
:7001
";
        let map = SlotMap::read(&parsed(rows), &address("seed", 7_005)).unwrap();
        assert_eq!(map.find(0), Some(&address("seed", 7_000)));
        assert_eq!(map.find(5_460), Some(&address("seed", 7_000)));
        assert_eq!(map.find(5_461), Some(&address("10.0.0.2", 7_001)));
        assert_eq!(map.find(10_923), None);
        assert_eq!(map.find(16_383), Some(&address("10.0.0.2", 7_001)));
        assert_eq!(map.masters().count(), 2);
        assert!(SlotMap::read(&parsed("*0\n"), &address("seed", 1)).is_none());
        assert!(SlotMap::read(&parsed("$2\nOK\n"), &address("seed", 1)).is_none());
    }

    #[test]
    fn redirections_are_read() {
        let asked = address("here", 7_000);
        let moved = Redirection::of(&parsed("-MOVED 3999 ::1:6381\n"), &asked).unwrap();
        assert_eq!(moved, Redirection { to: address("::1", 6_381), is_asking: false });
        let ask = Redirection::of(&parsed("-ASK 3999 :6381\n"), &asked).unwrap();
        assert_eq!(ask, Redirection { to: address("here", 6_381), is_asking: true });
        for other in ["-ERR MOVED 1 a:1\n", "-MOVED nonsense\n", "+OK\n"] {
            assert_eq!(Redirection::of(&parsed(other), &asked), None, "{other}");
        }
    }
}
