//! One server, or a cluster of them: what is set, and who is called.

use std::sync::Arc;
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, Value};

use super::breaker::{BreakerState, Tally};
use super::cluster::Cluster;
use super::fault::{Fault, checked};
use super::node::Node;
use super::scripts::Call;
use super::settings::{RedisCacheSettings, RedisConfigError};
use super::slots::Address;

/// How long an idle connection goes without a sign of life from the other end.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// How long what was sent may stay unacknowledged before the kernel gives the connection up.
const USER_TIMEOUT: Duration = Duration::from_secs(2);

/// How many scripts are sent together. More are sent one lot after the other, each with its own time, so that
/// a batch of thousands is not late by its size.
const SENT_TOGETHER: usize = 500;

/// The servers of a cache.
#[derive(Debug)]
pub(super) struct Servers {
    target: Target,
    tally: Arc<Tally>,
}

#[derive(Debug)]
enum Target {
    Single(Arc<Node>),
    Cluster(Cluster),
}

impl Servers {
    pub(super) fn new(
        urls: &[String],
        settings: RedisCacheSettings,
    ) -> Result<Self, RedisConfigError> {
        prepare_encryption();
        let tally = Arc::new(Tally::default());
        let infos = urls
            .iter()
            .enumerate()
            .map(|(index, url)| read(url, index + 1))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(first) = infos.first().cloned() else { return Err(RedisConfigError::Missing) };
        let target = if infos.len() == 1 {
            let node = Node::new(first, &settings, &tally)
                .map_err(|_| RedisConfigError::Malformed { number: 1 })?;
            Target::Single(Arc::new(node))
        } else {
            let seeds = infos
                .iter()
                .enumerate()
                .map(|(index, info)| seed(info).ok_or(index + 1))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|number| RedisConfigError::NotOfCluster { number })?;
            Target::Cluster(Cluster::new(seeds, first, settings, Arc::clone(&tally)))
        };
        Ok(Self { target, tally })
    }

    pub(super) fn breaker_state(&self) -> BreakerState {
        self.tally.worst()
    }

    /// Runs scripts, at most one for each event; each succeeds or fails for itself.
    pub(super) async fn run(&self, calls: &[Call]) -> Vec<Result<Value, Fault>> {
        let mut answers = Vec::with_capacity(calls.len());
        for some in calls.chunks(SENT_TOGETHER) {
            match &self.target {
                Target::Cluster(cluster) => answers.extend(cluster.run(some).await),
                Target::Single(node) => match node.run(some, false).await {
                    Ok(values) => answers.extend(values.into_iter().map(checked)),
                    Err(fault) => answers.extend(vec![Err(fault); some.len()]),
                },
            }
        }
        answers
    }

    pub(super) async fn ping(&self) -> Result<(), Fault> {
        match &self.target {
            Target::Single(node) => node.ping().await,
            Target::Cluster(cluster) => cluster.ping().await,
        }
    }
}

/// Reads a URL. What the driver finds wrong with it is not repeated, because it may quote it.
fn read(url: &str, number: usize) -> Result<ConnectionInfo, RedisConfigError> {
    if url.starts_with("rediss:") && !cfg!(feature = "tls-rustls") {
        return Err(RedisConfigError::NoEncryption { number });
    }
    let info = url.into_connection_info().map_err(|_| RedisConfigError::Malformed { number })?;
    let tcp = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE));
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(USER_TIMEOUT);
    Ok(info.set_tcp_settings(tcp))
}

fn seed(info: &ConnectionInfo) -> Option<Address> {
    let (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) = info.addr()
    else {
        return None;
    };
    (info.redis_settings().db() == 0).then(|| Address { host: host.clone(), port: *port })
}

/// Chooses what encrypts, if the host has not.
fn prepare_encryption() {
    #[cfg(feature = "tls-rustls")]
    drop(rustls::crypto::ring::default_provider().install_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(urls: &[&str]) -> RedisConfigError {
        let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
        Servers::new(&urls, RedisCacheSettings::default()).unwrap_err()
    }

    #[test]
    fn bad_urls_are_named_by_their_place() {
        assert_eq!(refused(&[]), RedisConfigError::Missing);
        for bad in ["", "redis:/x", "http://u:s3cret@host:6379", "redis://u:s3cret@host:x"] {
            let error = refused(&["redis://a:1", bad]);
            assert_eq!(error, RedisConfigError::Malformed { number: 2 }, "{bad}");
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
        let other = ["redis://a:1", "redis://b:1/3"];
        assert_eq!(refused(&other), RedisConfigError::NotOfCluster { number: 2 });
        let socket = ["redis+unix:///run/redis.sock", "redis://b:1"];
        assert_eq!(refused(&socket), RedisConfigError::NotOfCluster { number: 1 });
    }

    #[cfg(not(feature = "tls-rustls"))]
    #[test]
    fn encryption_is_refused_where_there_is_none() {
        assert_eq!(refused(&["rediss://a:1"]), RedisConfigError::NoEncryption { number: 1 });
    }
}
