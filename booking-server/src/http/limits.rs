//! How much of everything one listener takes.

use std::time::Duration;

use super::body::BodyLimits;

/// The limits of one listener. The defaults suit a server behind a proxy; each says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once. For further ones those leave that have waited longest for their clients: for
    /// a request, or for the rest of one; if there is none, for an answer to be read. While all are at work, new
    /// ones wait in the kernel's queue.
    ///
    /// 4096: an idle connection costs up to 30 KiB, so this bounds memory, not load. See
    /// [`Limits::within_open_files`].
    pub max_connections: usize,
    /// Requests running at once, counted once their body is there. Further ones are answered 503.
    ///
    /// 2048: bookings commit in batches of up to a thousand, one or two of them at a time, so fewer
    /// would starve the batches; more would only make everybody wait longer than a person waits.
    pub max_in_flight: usize,
    /// From the first byte a connection waits for to the end of a request's head.
    ///
    /// It is also how long a connection may idle between requests: hyper has one timer for both.
    /// 30 s is long for a head, and still short enough that [`Limits::max_connections`] slow
    /// clients go away. A proxy must close its idle connections earlier.
    pub header_timeout: Duration,
    /// The largest head, request line included; beyond it hyper answers 431.
    ///
    /// 16 KiB: what proxies pass on by default. hyper's own bound of 100 header fields stays.
    pub max_head_bytes: usize,
    /// The largest path and query; beyond it the answer is 414. 8 KiB, as RFC 9110 recommends.
    pub max_uri_bytes: usize,
    /// The largest body. 64 KiB: a booking is under 1 KiB, an event with its description under 20.
    pub max_body_bytes: usize,
    /// Memory for the bodies of all requests, from their first byte to the answer; beyond it the
    /// answer is 503.
    ///
    /// 64 MiB: a thousand of the largest, tens of thousands of bookings. Without it the connections
    /// could claim four times as much.
    pub max_body_memory: usize,
    /// From the end of the head to the end of the body. 10 s: 64 KiB at the speed of an old modem.
    pub body_timeout: Duration,
    /// How long a handler may run. 15 s: a payment gateway that has not answered by then will
    /// not be waited for by the buyer either.
    pub request_timeout: Duration,
    /// How long the client may take nothing of an answer. 15 s: more than a network hiccup.
    ///
    /// Who takes a little now and then is served while there is room: see [`Limits::max_connections`].
    pub write_stall_timeout: Duration,
    /// How long a shutdown waits for running requests.
    ///
    /// 26 s: longer than body and handler may take together, and leaves some of the 30 s after
    /// which orchestrators kill for closing the database.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_in_flight: 2048,
            header_timeout: Duration::from_secs(30),
            max_head_bytes: 16 * 1024,
            max_uri_bytes: 8 * 1024,
            max_body_bytes: 64 * 1024,
            max_body_memory: 64 * 1024 * 1024,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(15),
            write_stall_timeout: Duration::from_secs(15),
            drain_timeout: Duration::from_secs(26),
        }
    }
}

impl Limits {
    /// File descriptors left for admins, an embedded database, the cache, the gateway, logs and mail.
    const RESERVED_FILES: usize = 192;

    /// Returns the limits of a body.
    pub const fn body(&self) -> BodyLimits {
        BodyLimits { max_bytes: self.max_body_bytes, timeout: self.body_timeout }
    }

    /// Lowers [`Limits::max_connections`] to what the process may open, where that can be known. `to_database` are the
    /// connections that it may open to a database server.
    ///
    /// Connections that took the last descriptor would keep the database from being reached.
    /// A shell's usual limit of 1024 is below the default.
    pub fn within_open_files(mut self, to_database: usize) -> Self {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        if let Some(files) = open_files(&limits) {
            let connections =
                files.saturating_sub(Self::RESERVED_FILES).saturating_sub(to_database).max(1);
            self.max_connections = self.max_connections.min(connections);
        }
        self
    }

    /// Returns how many files the process has to be allowed to open, so that [`Limits::within_open_files`] lowers nothing.
    pub const fn needed_files(&self, to_database: usize) -> usize {
        self.max_connections.saturating_add(Self::RESERVED_FILES).saturating_add(to_database)
    }
}

/// Finds the soft limit in the text of `/proc/self/limits`; `unlimited` is no limit.
fn open_files(limits: &str) -> Option<usize> {
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    soft.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shutdown_outlasts_every_request() {
        let limits = Limits::default();
        assert!(limits.drain_timeout > limits.body_timeout + limits.request_timeout);
    }

    #[test]
    fn the_soft_limit_of_open_files_is_found() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max processes             63499                63499                processes\n\
                    Max open files            1024                 1048576              files\n";
        assert_eq!(open_files(text), Some(1024));
        assert_eq!(open_files("Max open files   unlimited unlimited files"), None);
        assert_eq!(open_files(""), None);
        let limits = Limits::default().within_open_files(10);
        assert!((1..=4_096).contains(&limits.max_connections));
        assert_eq!(Limits::default().within_open_files(usize::MAX).max_connections, 1);
        assert_eq!(Limits::default().needed_files(10), 4_096 + 192 + 10);
    }
}
