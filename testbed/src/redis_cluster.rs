//! Private Redis Clusters.

use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, bail};

use crate::redis::{Redis, RedisOptions, Server};
use crate::wait::{PATIENCE, blocking, must, until};

/// How many masters share the slots; each has one replica.
const MASTERS: u16 = 3;

/// How many slots a Redis Cluster has, always.
const SLOTS: u16 = 16_384;

/// How long a silent master is waited for, in milliseconds.
const NODE_TIMEOUT: &str = "1500";

/// A Redis Cluster of its own: three masters with a replica each.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// Starts six nodes and makes a cluster of them.
    ///
    /// # Panics
    /// If Redis is not installed, or the nodes do not become a cluster.
    pub async fn start() -> Self {
        blocking(|| must(Self::start_now())).await
    }

    /// Returns the cluster that all tests of this process share. The first call starts it, and blocks
    /// for some seconds.
    ///
    /// # Panics
    /// If Redis is not installed, or the nodes do not become a cluster.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(|| must(Self::start_now()))
    }

    fn start_now() -> Result<Self> {
        let options =
            RedisOptions::default().cluster_node().setting("cluster-node-timeout", NODE_TIMEOUT);
        let nodes: Vec<Redis> =
            (0..2 * MASTERS).map(|_| Redis::start_now(&options)).collect::<Result<_>>()?;
        let cluster = Self { nodes };
        cluster.form()?;
        Ok(cluster)
    }

    /// Does what `redis-cli --cluster create` does, without its fixed pauses.
    fn form(&self) -> Result<()> {
        let servers = self.servers();
        for (server, epoch) in servers.iter().zip(1..) {
            // Different epochs from the beginning, so that nobody has to settle a quarrel first.
            let () = server.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &i32::to_string(&epoch)])?;
        }
        for (server, number) in servers.iter().zip(0..MASTERS) {
            let bound = |number: u16| {
                u16::try_from(u32::from(number) * u32::from(SLOTS) / u32::from(MASTERS))
                    .expect("there are no more than 16384 slots")
            };
            let slots: Vec<String> =
                (bound(number)..bound(number + 1)).map(|slot| slot.to_string()).collect();
            let command: Vec<&str> = ["CLUSTER", "ADDSLOTS"]
                .into_iter()
                .chain(slots.iter().map(String::as_str))
                .collect();
            let () = server.ask(&command)?;
        }
        for server in &servers[1..] {
            let port = server.port().to_string();
            let () = servers[0].ask(&["CLUSTER", "MEET", "127.0.0.1", &port])?;
        }
        until("all nodes of the cluster have met", PATIENCE, || {
            let mut known = servers.iter().map(|server| Node::list(server));
            known.try_fold(true, |so_far, nodes| {
                let nodes = nodes?;
                let met = nodes.len() == servers.len() && nodes.iter().all(Node::is_settled);
                Ok(so_far && met)
            })
        })?;
        let (masters, replicas) = servers.split_at(usize::from(MASTERS));
        for (master, replica) in masters.iter().zip(replicas) {
            let id: String = master.ask(&["CLUSTER", "MYID"])?;
            let () = replica.ask(&["CLUSTER", "REPLICATE", &id])?;
        }
        self.await_health()
    }

    fn servers(&self) -> Vec<Arc<Server>> {
        self.nodes.iter().map(|node| Arc::clone(node.server())).collect()
    }

    fn await_health(&self) -> Result<()> {
        await_health(&self.servers())
    }

    /// Returns the addresses of all nodes, separated by commas.
    pub fn urls(&self) -> String {
        self.nodes.iter().map(Redis::url).collect::<Vec<_>>().join(",")
    }

    /// Returns a node. The first three begin as masters, and each of the others as the replica of the
    /// one three places before it; a failover changes that.
    ///
    /// # Panics
    /// If `index` is not below six.
    pub fn node(&self, index: usize) -> &Redis {
        &self.nodes[index]
    }

    /// Returns all nodes.
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// Returns the index of the node that is the master of `key` now.
    ///
    /// # Panics
    /// If no node that runs knows it.
    pub async fn master_of(&self, key: &str) -> usize {
        let (servers, slot) = (self.servers(), slot(key));
        must(blocking(move || master_of(&servers, slot)).await)
    }

    /// Waits until every node that runs finds the cluster in order, and every replica among them is in
    /// step with its master.
    ///
    /// # Panics
    /// If that takes longer than a minute.
    pub async fn wait_until_healthy(&self) {
        let servers = self.servers();
        must(blocking(move || await_health(&servers)).await);
    }

    /// Kills the master of `key`, and waits until its replica has taken over. Returns the index of the
    /// node that was killed, to be started again.
    ///
    /// # Panics
    /// If nobody takes over.
    pub async fn fail_over(&self, key: &str) -> usize {
        let (servers, slot) = (self.servers(), slot(key));
        let work = move || {
            let old = master_of(&servers, slot)?;
            servers[old].kill()?;
            await_other_master(&servers, slot, old)?;
            Ok(old)
        };
        must(blocking(work).await)
    }

    /// Has the replica of `key`'s master take over from it in an orderly way, as before maintenance.
    /// Returns the index of the node that was the master.
    ///
    /// # Panics
    /// If it does not take over.
    pub async fn switch_over(&self, key: &str) -> usize {
        let (servers, slot) = (self.servers(), slot(key));
        let work = move || {
            let old = master_of(&servers, slot)?;
            let id: String = servers[old].ask(&["CLUSTER", "MYID"])?;
            let nodes = Node::list(&servers[old])?;
            let replica = nodes.iter().find(|node| node.master == id);
            let port = replica.context("the master has no replica")?.port;
            let replica = servers.iter().find(|server| server.port() == port);
            let () = replica.context("it is one of ours")?.ask(&["CLUSTER", "FAILOVER"])?;
            await_other_master(&servers, slot, old)?;
            Ok(old)
        };
        must(blocking(work).await)
    }
}

/// What one node knows of another, from a line of `CLUSTER NODES`.
struct Node {
    port: u16,
    flags: String,
    /// The id of the node that this one is a replica of, or `-`.
    master: String,
    /// The ranges of slots that it serves, both ends included.
    slots: Vec<(u16, u16)>,
}

impl Node {
    fn list(server: &Server) -> Result<Vec<Self>> {
        let lines: String = server.ask(&["CLUSTER", "NODES"])?;
        lines.lines().map(|line| Self::parse(line).with_context(|| line.to_owned())).collect()
    }

    /// Reads `id ip:port@bus[,name] flags master ping pong epoch link slot…`.
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(' ').collect();
        let [_, address, flags, master, _, _, _, _, slots @ ..] = &*fields else { return None };
        let port = address.split('@').next()?.rsplit(':').next()?.parse().ok()?;
        // A slot that moves is in brackets; none does here.
        let ranges = slots.iter().filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some((first.parse().ok()?, last.parse().ok()?))
        });
        Some(Self {
            port,
            flags: (*flags).to_owned(),
            master: (*master).to_owned(),
            slots: ranges.collect(),
        })
    }

    fn is(&self, flag: &str) -> bool {
        self.flags.split(',').any(|own| own == flag)
    }

    fn is_settled(&self) -> bool {
        !self.is("handshake") && !self.is("noaddr") && !self.is("fail") && !self.is("fail?")
    }

    fn serves(&self, slot: u16) -> bool {
        self.is("master")
            && self.is_settled()
            && self.slots.iter().any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

/// Returns the index of the master of a slot, if all nodes that answer agree on it.
fn agreed_master(servers: &[Arc<Server>], slot: u16) -> Option<usize> {
    let mut ports = servers
        .iter()
        .filter_map(|server| Node::list(server).ok())
        .map(|nodes| nodes.iter().find(|node| node.serves(slot)).map(|node| node.port));
    let first = ports.next()??;
    if !ports.all(|port| port == Some(first)) {
        return None;
    }
    servers.iter().position(|server| server.port() == first)
}

fn master_of(servers: &[Arc<Server>], slot: u16) -> Result<usize> {
    let mut found = None;
    until("the nodes agree on a master", PATIENCE, || {
        found = agreed_master(servers, slot);
        Ok(found.is_some())
    })?;
    found.context("it was found")
}

fn await_other_master(servers: &[Arc<Server>], slot: u16, old: usize) -> Result<()> {
    until("a replica takes over", PATIENCE, || {
        Ok(agreed_master(servers, slot).is_some_and(|master| master != old))
    })
}

fn await_health(servers: &[Arc<Server>]) -> Result<()> {
    let is_healthy = |server: &Server| -> Result<bool> {
        let cluster: String = server.ask(&["CLUSTER", "INFO"])?;
        let replication: String = server.ask(&["INFO", "replication"])?;
        let says = |text: &str, line: &str| text.lines().any(|own| own.trim_end() == line);
        let is_linked =
            says(&replication, "role:master") || says(&replication, "master_link_status:up");
        Ok(says(&cluster, "cluster_state:ok") && is_linked)
    };
    let running: Vec<&Arc<Server>> = servers.iter().filter(|server| server.is_running()).collect();
    if running.is_empty() {
        bail!("no node of the cluster runs");
    }
    // A master that was replaced while it was down believes for a moment that it still is one.
    let has_its_part = |node: &Node| {
        let runs = running.iter().any(|server| server.port() == node.port);
        !runs || node.is_settled() && (node.is("slave") || !node.slots.is_empty())
    };
    let sees_all_parts =
        |server: &Server| -> Result<bool> { Ok(Node::list(server)?.iter().all(has_its_part)) };
    until("the cluster is in order", PATIENCE, || {
        Ok(running.iter().all(|server| is_healthy(server).unwrap_or(false))
            && running.iter().all(|server| sees_all_parts(server).unwrap_or(false))
            && (0..MASTERS)
                .all(|third| agreed_master(servers, third * (SLOTS / MASTERS)).is_some()))
    })
}

/// Returns the slot of a key: CRC-16/XMODEM of its hash tag, or of all of it.
/// <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>
fn slot(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(key);
    let crc = hashed.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::slot;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(slot("123456789"), 0x31C3);
        assert_eq!(slot("event:{123456789}"), 0x31C3);
        assert_eq!(slot("{}123"), slot("{}123"));
    }
}
