//! What breaks, and in which order.

use std::time::Duration;

use booking_testbed::SmtpSink;
use tokio::time::sleep;

use crate::faults::Fault;
use crate::world::World;

/// How long the mail server is away.
const AWAY: Duration = Duration::from_secs(20);

/// One thing that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    Part(Fault),
    /// PostgreSQL ends every connection.
    ConnectionsCut,
    MailServerAway,
}

impl Strike {
    /// Only the first server is ever killed, so that the others show what half an hour does.
    pub(crate) const CYCLE: [Self; 10] = [
        Self::Part(Fault::RedisKilled),
        Self::ConnectionsCut,
        Self::MailServerAway,
        Self::Part(Fault::ServerKilled),
        Self::Part(Fault::PgbouncerKilled),
        Self::Part(Fault::PostgresRestarted),
        Self::Part(Fault::RedisStopped),
        Self::MailServerAway,
        Self::Part(Fault::PostgresPaused),
        Self::Part(Fault::RedisFailover),
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Part(fault) => fault.name(),
            Self::ConnectionsCut => "connections-cut",
            Self::MailServerAway => "mail-server-away-20s",
        }
    }

    /// Breaks it, and brings it back.
    pub(crate) async fn strike(
        self,
        world: &mut World,
        event: &str,
        sink: &SmtpSink,
    ) -> anyhow::Result<()> {
        match self {
            Self::Part(fault) => fault.strike(world, event).await?,
            Self::ConnectionsCut => world.cut_connections().await,
            Self::MailServerAway => {
                sink.stop().await;
                sleep(AWAY).await;
                sink.start_again().await;
            }
        }
        Ok(())
    }
}
