//! The servers of a Redis Cluster, and which of them has which event.
//!
//! The driver's own client of clusters is not used. It sends a command again after its connection broke,
//! whatever the command does, so a count could move twice; told not to, it does not follow redirections
//! either. It has no breaker for each server, so one server that hangs makes every batch slow that spans more
//! events than one. And while it learns who is who, all calls wait. What is needed here is little: scripts on
//! one key each, a map of slots, and redirections (redis.io, "Redis cluster specification").

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, Value};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::RedisCacheSettings;
use super::breaker::Tally;
use super::fault::{Fault, checked};
use super::node::Node;
use super::scripts::Call;
use super::slots::{Address, Redirection, SlotMap, slot_of};

/// How often a call is redirected before it fails. Once is usual, twice happens while slots move.
const MOST_REDIRECTIONS: usize = 3;
/// How long a map is not asked for again. While a master is gone and none has taken its place, every call that
/// fails asks for a new map.
const MAP_PAUSE: Duration = Duration::from_millis(200);

/// A Redis Cluster.
#[derive(Clone)]
pub(super) struct Cluster(Arc<Shared>);

struct Shared {
    seeds: Vec<Address>,
    /// How to connect; the address is put in the place of the one that it has.
    template: ConnectionInfo,
    settings: RedisCacheSettings,
    tally: Arc<Tally>,
    known: Mutex<Known>,
    /// Held by the one task that asks for a new map. Says when one was last asked for.
    refreshing: tokio::sync::Mutex<Option<Instant>>,
    /// Whom to ask first for a map: another one each time, because one that was cut off knows an old one.
    turn: AtomicUsize,
}

#[derive(Default)]
struct Known {
    map: Arc<SlotMap>,
    nodes: BTreeMap<Address, Arc<Node>>,
}

/// Shows no address and no secret.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}

/// A call on its way: its place in the batch, and where it was sent to instead.
struct Routed {
    index: usize,
    call: Call,
    to: Option<Redirection>,
}

/// What is sent to one server.
struct Parcel {
    node: Arc<Node>,
    address: Address,
    is_asking: bool,
    calls: Vec<Routed>,
}

impl Cluster {
    pub(super) fn new(
        seeds: Vec<Address>,
        template: ConnectionInfo,
        settings: RedisCacheSettings,
        tally: Arc<Tally>,
    ) -> Self {
        Self(Arc::new(Shared {
            seeds,
            template,
            settings,
            tally,
            known: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// Runs scripts on the servers that have their events; each succeeds or fails for itself. Only what a
    /// server has refused to run is sent to another.
    pub(super) async fn run(&self, calls: &[Call]) -> Vec<Result<Value, Fault>> {
        let mut answers = vec![Err(Fault::unavailable("redirected too often")); calls.len()];
        let map = match self.map().await {
            Ok(map) => map,
            Err(fault) => return vec![Err(fault); calls.len()],
        };
        let mut waiting: Vec<Routed> = calls
            .iter()
            .enumerate()
            .map(|(index, call)| Routed { index, call: call.clone(), to: None })
            .collect();
        for _ in 0..=MOST_REDIRECTIONS {
            if waiting.is_empty() {
                break;
            }
            let parcels = self.sort(&map, std::mem::take(&mut waiting), &mut answers);
            for (parcel, outcome) in send(parcels).await {
                self.sort_answers(parcel, outcome, &mut waiting, &mut answers);
            }
        }
        answers
    }

    /// Asks every master whether it answers.
    pub(super) async fn ping(&self) -> Result<(), Fault> {
        let map = self.map().await?;
        let mut pings = JoinSet::new();
        for address in map.masters() {
            let node = self.node(address)?;
            pings.spawn(async move { node.ping().await });
        }
        let answers = pings.join_all().await;
        let all = answers.into_iter().collect::<Result<Vec<()>, Fault>>().map(drop);
        if all.is_err() {
            self.refresh_soon();
        }
        all
    }

    /// Sorts calls by the server that they go to.
    fn sort(
        &self,
        map: &SlotMap,
        calls: Vec<Routed>,
        answers: &mut [Result<Value, Fault>],
    ) -> Vec<Parcel> {
        let mut parcels: BTreeMap<(Address, bool), Parcel> = BTreeMap::new();
        for routed in calls {
            let found = match &routed.to {
                Some(Redirection { to, is_asking }) => Some((to, *is_asking)),
                None => map.find(slot_of(routed.call.event_id)).map(|address| (address, false)),
            };
            let Some((address, is_asking)) = found.map(|(to, asking)| (to.clone(), asking)) else {
                answers[routed.index] = Err(Fault::unavailable("nobody has the slot"));
                self.refresh_soon();
                continue;
            };
            match self.node(&address) {
                Ok(node) => parcels
                    .entry((address.clone(), is_asking))
                    .or_insert_with(|| Parcel { node, address, is_asking, calls: Vec::new() })
                    .calls
                    .push(routed),
                Err(fault) => answers[routed.index] = Err(fault),
            }
        }
        parcels.into_values().collect()
    }

    /// Puts the answers of one server in their places, and what it refused back into the queue.
    fn sort_answers(
        &self,
        parcel: Parcel,
        outcome: Result<Vec<Value>, Fault>,
        waiting: &mut Vec<Routed>,
        answers: &mut [Result<Value, Fault>],
    ) {
        match outcome {
            Ok(values) => {
                for (mut routed, value) in parcel.calls.into_iter().zip(values) {
                    if let Some(redirection) = Redirection::of(&value, &parcel.address) {
                        if !redirection.is_asking {
                            self.refresh_soon();
                        }
                        routed.to = Some(redirection);
                        waiting.push(routed);
                    } else {
                        let answer = checked(value);
                        if matches!(answer, Err(Fault::Unavailable(_))) {
                            self.refresh_soon();
                        }
                        answers[routed.index] = answer;
                    }
                }
            }
            Err(fault) => {
                // Perhaps another has taken its place. The calls may have been run, so they end here.
                self.refresh_soon();
                for routed in parcel.calls {
                    answers[routed.index] = Err(fault.clone());
                }
            }
        }
    }

    /// Returns the map; asks for it if there is none yet.
    async fn map(&self) -> Result<Arc<SlotMap>, Fault> {
        let map = self.known(|known| Arc::clone(&known.map));
        if !map.is_empty() {
            return Ok(map);
        }
        let cluster = self.clone();
        let asking = tokio::spawn(async move { cluster.refresh().await });
        match timeout(self.0.settings.command_timeout, asking).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Fault::backend("asking for the map panicked")),
            Err(_) => return Err(Fault::unavailable("the time is over")),
        }
        let map = self.known(|known| Arc::clone(&known.map));
        if map.is_empty() { Err(Fault::unavailable("no node tells the map")) } else { Ok(map) }
    }

    fn refresh_soon(&self) {
        if let Ok(last) = self.0.refreshing.try_lock()
            && last.is_none_or(|at| at.elapsed() >= MAP_PAUSE)
        {
            drop(last);
            let cluster = self.clone();
            tokio::spawn(async move { cluster.refresh().await });
        }
    }

    /// Asks the nodes for the map, one after the other, until one tells it.
    async fn refresh(&self) {
        let mut last = self.0.refreshing.lock().await;
        if last.is_some_and(|at| at.elapsed() < MAP_PAUSE) {
            return;
        }
        *last = Some(Instant::now());
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        for address in self.candidates() {
            let Ok(node) = self.node(&address) else { continue };
            if let Ok(value) = node.ask(&command).await
                && let Some(map) = SlotMap::read(&value, &address)
            {
                self.install(map);
                return;
            }
        }
    }

    fn candidates(&self) -> Vec<Address> {
        let mut masters = self.known(|known| known.map.masters().cloned().collect::<Vec<_>>());
        let mut seeds = self.0.seeds.clone();
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        for list in [&mut masters, &mut seeds] {
            if !list.is_empty() {
                let first = turn % list.len();
                list.rotate_left(first);
            }
        }
        masters.extend(seeds);
        masters
    }

    /// Takes a new map, and forgets the nodes that it does not name.
    fn install(&self, map: SlotMap) {
        self.known(|known| {
            known.nodes.retain(|address, _| map.masters().any(|master| master == address));
            known.map = Arc::new(map);
        });
    }

    fn node(&self, address: &Address) -> Result<Arc<Node>, Fault> {
        self.known(|known| {
            if let Some(node) = known.nodes.get(address) {
                return Ok(Arc::clone(node));
            }
            let info = self.0.template.clone().set_addr(self.address_of(address));
            let node = Node::new(info, &self.0.settings, &self.0.tally)
                .map_err(|error| Fault::of(&error))?;
            Ok(Arc::clone(known.nodes.entry(address.clone()).or_insert(Arc::new(node))))
        })
    }

    fn address_of(&self, address: &Address) -> ConnectionAddr {
        let (host, port) = (address.host.clone(), address.port);
        match self.0.template.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, port),
        }
    }

    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.0.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Sends parcels to their servers, all at once.
async fn send(parcels: Vec<Parcel>) -> Vec<(Parcel, Result<Vec<Value>, Fault>)> {
    // Most calls are of one event.
    if parcels.len() == 1 {
        let mut sent = Vec::with_capacity(1);
        for parcel in parcels {
            sent.push(parcel.send().await);
        }
        return sent;
    }
    let mut under_way = JoinSet::new();
    for parcel in parcels {
        under_way.spawn(parcel.send());
    }
    under_way.join_all().await
}

impl Parcel {
    async fn send(self) -> (Self, Result<Vec<Value>, Fault>) {
        let calls: Vec<Call> = self.calls.iter().map(|routed| routed.call.clone()).collect();
        let outcome = self.node.run(&calls, self.is_asking).await;
        (self, outcome)
    }
}
