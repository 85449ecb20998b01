//! Connections to the endpoint, to addresses that are allowed and to no others.
//!
//! The address that is checked is the address that is connected to: a name that leads elsewhere the next time it is
//! looked up ("DNS rebinding") is held to the same rule. An address in place of a name is checked here, too.

use std::fmt::Debug;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::address::Reach;

/// How long a connection may take to be made, the name's lookup included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many addresses of a name are tried at most.
const MAX_ADDRESSES: usize = 4;

/// Finds the addresses of a name.
#[async_trait]
pub(super) trait Resolve: Debug + Send + Sync + 'static {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system.
#[derive(Debug)]
pub(super) struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("its name cannot be resolved")]
    Name(#[source] io::Error),
    #[error("all of its addresses are private or reserved, and these are not allowed")]
    Forbidden,
    #[error("no connection can be made")]
    Refused(#[source] io::Error),
    #[error("no connection was made in time")]
    TimedOut,
}

/// Connects to allowed addresses.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    resolver: Arc<dyn Resolve>,
    reach: Reach,
}

impl Connector {
    pub(super) fn new(resolver: Arc<dyn Resolve>, reach: Reach) -> Self {
        Self { resolver, reach }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_encrypted = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let found = match host.parse() {
            Ok(address) => vec![address],
            Err(_) => self.resolver.resolve(host).await.map_err(ConnectError::Name)?,
        };
        let allowed: Vec<IpAddr> = found
            .into_iter()
            .filter(|address| self.reach.admits(*address))
            .take(MAX_ADDRESSES)
            .collect();
        let mut failure = ConnectError::Forbidden;
        for address in &allowed {
            // One that never answers leaves time for the others.
            let patience = CONNECT_TIMEOUT / u32::try_from(allowed.len()).unwrap_or(u32::MAX);
            let connecting = TcpStream::connect((*address, port));
            failure = match tokio::time::timeout(patience, connecting).await {
                Ok(Ok(stream)) => {
                    // Without it a request may wait for the acknowledgement of its own head.
                    stream.set_nodelay(true).map_err(ConnectError::Refused)?;
                    return Ok(TokioIo::new(stream));
                }
                Ok(Err(error)) => ConnectError::Refused(error),
                Err(_) => ConnectError::TimedOut,
            };
        }
        Err(failure)
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let connecting = connector.connect(uri);
            let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
            connected.unwrap_or(Err(ConnectError::TimedOut))
        })
    }
}
