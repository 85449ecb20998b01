//! What a server takes of the machine.

use std::collections::BTreeMap;
use std::fmt;

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::support::{PATIENCE, Server, until};

/// Memory and open files of a server at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) rss_kib: u64,
    pub(crate) files: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.rss_kib.div_ceil(1024);
        write!(f, "RSS {mib} MiB, {} files", self.files)
    }
}

/// Looks at a server now.
pub(crate) fn figures(server: &Server) -> Figures {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let rss_kib = resident.trim().trim_end_matches(" kB").parse().unwrap();
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count();
    Figures { rss_kib, files }
}

/// Waits until a server has no more files open than before, and looks at it then.
pub(crate) async fn once_back_to(server: &Server, before: Figures) -> Figures {
    let closed = until("the server to close what it opened", async || {
        let now = figures(server);
        (now.files <= before.files).then_some(now)
    });
    tokio::time::timeout(PATIENCE.mul_f32(0.9), closed).await.unwrap_or_else(|_| {
        panic!("{} files were open, and now these are: {:?}", before.files, open_files(server))
    })
}

/// Says what a server has open, each with how often.
fn open_files(server: &Server) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap() {
        let target = std::fs::read_link(entry.unwrap().path()).unwrap_or_default();
        let name = target.to_string_lossy();
        let kind = name.split(":[").next().unwrap_or_default();
        *found.entry(kind.to_owned()).or_default() += 1;
    }
    found
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
