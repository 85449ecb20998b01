//! What breaks.

use std::time::Duration;

use crate::world::World;

/// A fault, and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    RedisKilled,
    RedisStopped,
    RedisFailover,
    RedisPaused,
    PostgresRestarted,
    PostgresPaused,
    PgbouncerKilled,
    PgbouncerPaused,
    ServerKilled,
    ServerPaused,
    RollingRestart,
}

/// How long a process is stopped where it stands.
const PAUSE: Duration = Duration::from_secs(10);

impl Fault {
    pub(crate) const ALL: [Self; 12] = [
        Self::None,
        Self::RedisKilled,
        Self::RedisStopped,
        Self::RedisFailover,
        Self::RedisPaused,
        Self::PostgresRestarted,
        Self::PostgresPaused,
        Self::PgbouncerKilled,
        Self::PgbouncerPaused,
        Self::ServerKilled,
        Self::ServerPaused,
        Self::RollingRestart,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::RedisKilled => "redis-killed",
            Self::RedisStopped => "redis-stopped-20s",
            Self::RedisFailover => "redis-failover",
            Self::RedisPaused => "redis-paused-10s",
            Self::PostgresRestarted => "postgres-restarted",
            Self::PostgresPaused => "postgres-paused-10s",
            Self::PgbouncerKilled => "pgbouncer-killed",
            Self::PgbouncerPaused => "pgbouncer-paused-10s",
            Self::ServerKilled => "server-killed",
            Self::ServerPaused => "server-paused-10s",
            Self::RollingRestart => "rolling-restart",
        }
    }

    /// Breaks the part, and brings it back. The master of Redis that is meant is the one of this event.
    pub(crate) async fn strike(self, world: &mut World, event: &str) -> anyhow::Result<()> {
        let hot = format!("event:{{{event}}}");
        match self {
            Self::None => tokio::time::sleep(PAUSE).await,
            Self::RedisKilled => {
                for node in world.cluster.nodes() {
                    node.kill9().await;
                }
                for node in world.cluster.nodes() {
                    node.start_again().await;
                }
                world.cluster.wait_until_healthy().await;
            }
            Self::RedisStopped => {
                for node in world.cluster.nodes() {
                    node.stop().await;
                }
                tokio::time::sleep(PAUSE * 2).await;
                for node in world.cluster.nodes() {
                    node.start_again().await;
                }
                world.cluster.wait_until_healthy().await;
            }
            Self::RedisFailover => {
                let old = world.cluster.fail_over(&hot).await;
                world.cluster.node(old).start_again().await;
                world.cluster.wait_until_healthy().await;
            }
            Self::RedisPaused => {
                let master = world.cluster.master_of(&hot).await;
                world.cluster.node(master).pause().await;
                tokio::time::sleep(PAUSE).await;
                world.cluster.node(master).resume().await;
            }
            Self::PostgresRestarted => world.postgres.restart().await,
            Self::PostgresPaused => {
                world.postgres.pause().await;
                tokio::time::sleep(PAUSE).await;
                world.postgres.resume().await;
            }
            Self::PgbouncerKilled => {
                world.pgbouncer.kill9().await;
                world.pgbouncer.start_again().await;
            }
            Self::PgbouncerPaused => {
                world.pgbouncer.pause().await;
                tokio::time::sleep(PAUSE).await;
                world.pgbouncer.resume().await;
            }
            Self::ServerKilled => {
                world.kill_server(0).await?;
                world.start_server(0).await?;
            }
            Self::ServerPaused => {
                world.signal_server(0, "STOP").await?;
                // A load balancer needs a second to notice; who was sent there meanwhile waits.
                tokio::time::sleep(Duration::from_secs(1)).await;
                world.use_server(0, false);
                tokio::time::sleep(PAUSE.saturating_sub(Duration::from_secs(1))).await;
                world.signal_server(0, "CONT").await?;
                world.use_server(0, true);
            }
            Self::RollingRestart => {
                for index in 0..world.servers.len() {
                    world.stop_server(index).await?;
                    world.start_server(index).await?;
                }
            }
        }
        Ok(())
    }
}
