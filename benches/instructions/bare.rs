//! The server that everything is compared with, as a process of its own.

use booking_benches::bare::Bare;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until it is told to stop.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut stop = signal(SignalKind::terminate())?;
    println!("Open http://{address}/ (listening on {address}, for admins on {address})");
    tokio::select! {
        served = Bare::default().serve(listener) => served,
        _ = stop.recv() => Ok(()),
    }
}
