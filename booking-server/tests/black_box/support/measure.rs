//! What a server takes of the machine.

use std::fmt;
use std::path::PathBuf;

use rustix::process::{Resource, getrlimit, setrlimit};

use super::{Server, until};

/// Memory and open files of a server at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) rss_kib: u64,
    /// Connections among them.
    pub(crate) files: usize,
    pub(crate) sockets: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.rss_kib.div_ceil(1024);
        write!(f, "RSS {mib} MiB, {} files, of them {} sockets", self.files, self.sockets)
    }
}

/// Looks at a server now.
pub(crate) fn figures(server: &Server) -> Figures {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let rss_kib = resident.trim().trim_end_matches(" kB").parse().unwrap();
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
    // One that is closed meanwhile leads nowhere any more.
    let targets = files.map(|file| std::fs::read_link(file.unwrap().path()).unwrap_or_default());
    let targets: Vec<_> = targets.collect();
    let is_socket = |target: &&PathBuf| target.to_string_lossy().starts_with("socket:");
    Figures { rss_kib, files: targets.len(), sockets: targets.iter().filter(is_socket).count() }
}

/// A database opens its files and connections when they are first needed.
pub(crate) const OF_THE_DATABASE: usize = 32;

/// Waits until a server has no more connections than before, and looks at it then.
pub(crate) async fn once_back_to(server: &Server, before: Figures) -> Figures {
    let after = until("the server to close what it opened", async || {
        let now = figures(server);
        (now.sockets <= before.sockets).then_some(now)
    })
    .await;
    assert!(after.files <= before.files + OF_THE_DATABASE, "files are left open: {after}");
    after
}

/// Lets this process, and the servers that it starts from now on, open so many files.
pub(crate) fn allow_open_files(needed: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    assert!(
        limit.maximum.is_none_or(|most| most >= needed),
        "this test opens {needed} files: raise the hard limit (ulimit -Hn)"
    );
    limit.current = Some(needed);
    setrlimit(Resource::Nofile, limit).unwrap();
}
