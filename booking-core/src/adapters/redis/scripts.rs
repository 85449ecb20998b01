//! The scripts that read and change what is cached. Each works on one event, so all its keys are in one slot,
//! and each is atomic on its server.
//!
//! Versions are compared as texts of digits, because the numbers of Lua are exact up to 2^53 only. Counts are
//! below 2^32, so they are numbers.

use std::sync::LazyLock;

use redis::Cmd;

use super::entry::{FIELDS, LAYOUT};
use crate::domain::ids::EventId;

/// A script, and the name that servers know it by once they have seen it.
#[derive(Debug)]
pub(super) struct Script {
    text: String,
    hash: String,
    keys: Keys,
}

/// Which keys a script names. While a slot moves from one server to another, a script on one key goes on, and
/// one on two keys may be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    Entry,
    EntryAndLease,
}

/// What all scripts begin with. `sound` returns version and count of what is cached, and what the count was last
/// set to, or `nil` if nothing is.
/// Whatever is not an entry of ours, is not whole, or would live for ever, it removes.
const PRELUDE: &str = "
local function is_number(text, most)
  return text and #text <= most and (text == '0' or string.find(text, '^[1-9]%d*$') ~= nil)
end
local function is_count(text)
  return is_number(text, 10) and tonumber(text) <= 4294967295
end
local function newer(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
local function sound()
  local kind = redis.call('TYPE', KEYS[1])['ok']
  if kind == 'none' then return nil end
  if kind == 'hash' and redis.call('HLEN', KEYS[1]) >= $COUNT and redis.call('PTTL', KEYS[1]) >= 0 then
    local has = redis.call('HMGET', KEYS[1], 'layout', 'ver', 'instock', 'filled_count')
    if has[1] == '$LAYOUT' and is_number(has[2], 20) and is_count(has[3]) and is_count(has[4]) then
      return has[2], tonumber(has[3]), tonumber(has[4])
    end
  end
  redis.call('DEL', KEYS[1])
  return nil
end
";

impl Script {
    fn new(keys: Keys, body: &str) -> Self {
        let names: Vec<String> = FIELDS.iter().map(|name| format!("'{name}'")).collect();
        let text = format!("{PRELUDE}{body}")
            .replace("$COUNT", &FIELDS.len().to_string())
            .replace("$LAYOUT", LAYOUT)
            .replace("$FIELDS", &names.join(","));
        let hash = redis::Script::new(&text).get_hash().to_owned();
        Self { text, hash, keys }
    }
}

/// `token lease_ms`: the values of all fields, or 1 if the lease was given, or 0. Whether no field is missing
/// is seen by who reads them.
///
/// A lease that would live for ever is not ours.
pub(super) static FIND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        Keys::EntryAndLease,
        "
if sound() then return redis.call('HMGET', KEYS[1], $FIELDS) end
if redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2], 'NX') then return 1 end
if redis.call('PTTL', KEYS[2]) == -1 then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0
",
    )
});

/// `token life_ms version name value …`: 1 if the fill was accepted, or 0.
pub(super) static FILL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        Keys::EntryAndLease,
        "
if redis.call('TYPE', KEYS[2])['ok'] ~= 'string' or redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[2])
local version = sound()
if version and newer(version, ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
",
    )
});

/// `quantity …`: for each -1 if it was taken, else the count; nothing if the event is not cached.
pub(super) static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        Keys::Entry,
        "
local version, left = sound()
if not version then return false end
local outcomes, taken = {}, 0
for i = 1, #ARGV do
  local wanted = tonumber(ARGV[i])
  if wanted <= left then
    left = left - wanted
    taken = taken + wanted
    outcomes[i] = -1
  else
    outcomes[i] = left
  end
end
if taken > 0 then redis.call('HINCRBY', KEYS[1], 'instock', -taken) end
return outcomes
",
    )
});

/// `quantity`: gives it back, as far as it is missing.
pub(super) static GIVE_BACK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        Keys::Entry,
        "
local version, left, most = sound()
if not version then return 0 end
local back = math.min(tonumber(ARGV[1]), most - left)
if back > 0 then redis.call('HINCRBY', KEYS[1], 'instock', back) end
return 1
",
    )
});

/// `version count …`: by how much the count was wrong; nothing if no version is newer. A lease on an event
/// that is not cached is taken away.
pub(super) static CORRECT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        Keys::EntryAndLease,
        "
local version, left = sound()
if not version then
  redis.call('DEL', KEYS[2])
  return false
end
local drift = false
for i = 1, #ARGV, 2 do
  if newer(ARGV[i], version) then
    local by = tonumber(ARGV[i + 1]) - left
    redis.call('HINCRBY', KEYS[1], 'instock', by)
    redis.call('HSET', KEYS[1], 'ver', ARGV[i], 'filled_count', ARGV[i + 1])
    version = ARGV[i]
    left = left + by
    drift = (drift or 0) + by
  end
end
return drift
",
    )
});

/// Removes the entry and its lease.
pub(super) static CLEAR: LazyLock<Script> = LazyLock::new(|| {
    Script::new(Keys::EntryAndLease, "return redis.call('DEL', KEYS[1], KEYS[2])\n")
});

/// The count, or nothing.
pub(super) static PEEK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        Keys::Entry,
        "
local version, left = sound()
if not version then return false end
return left
",
    )
});

/// A script to be run on an event.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) script: &'static Script,
    pub(super) event_id: EventId,
    pub(super) args: Vec<String>,
}

impl Call {
    pub(super) fn new(script: &'static Script, event_id: EventId, args: Vec<String>) -> Self {
        Self { script, event_id, args }
    }

    /// Returns the command that names the script by its hash.
    pub(super) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", &self.script.hash)
    }

    /// Returns the command that brings the script along, for a server that does not know it.
    pub(super) fn in_full(&self) -> Cmd {
        self.command("EVAL", &self.script.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let key = entry_key(self.event_id);
        let mut command = redis::cmd(name);
        command.arg(script);
        match self.script.keys {
            Keys::Entry => command.arg(1).arg(key),
            Keys::EntryAndLease => command.arg(2).arg(&key).arg(format!("{key}:lease")),
        };
        command.arg(&self.args);
        command
    }
}

/// Returns the key of an event's hash. The braces make its id the hash tag.
pub(super) fn entry_key(event_id: EventId) -> String {
    format!("event:{{{event_id}}}")
}
