//! What the machine has: programs, and an account for servers that refuse to run as root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// Where servers are that are not on the `PATH` of everybody.
const SYSTEM_FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];

/// Returns the path of a program, or says how to get it.
pub(crate) fn program(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(SYSTEM_FOLDERS.map(PathBuf::from));
    let Some(found) = folders.map(|folder| folder.join(name)).find(|path| is_program(path)) else {
        bail!("{name} is missing. ./test.sh installs it on Debian; elsewhere, install {package}.")
    };
    Ok(found)
}

/// Returns the folder with the programs of the newest PostgreSQL.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    // Debian keeps every major version in a folder of its own, and none of them on the `PATH`.
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .map(|(version, folder)| (version, folder.join("bin")))
        .filter(|(version, folder)| *version >= 14 && is_program(&folder.join("postgres")))
        .max();
    if let Some((_, folder)) = newest {
        return Ok(folder);
    }
    let postgres = program("postgres", "PostgreSQL 14 or newer")?;
    let postgres = fs::canonicalize(postgres)?;
    Ok(postgres.parent().map(Path::to_owned).unwrap_or_default())
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// An account, by its numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// Returns the account that servers run under, if this process is root: PostgreSQL and pgbouncer refuse to
/// run as root, and the others need not.
pub(crate) fn account() -> Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let mut fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let line = fields.find(|fields| fields.first() == Some(&name))?;
        Some(Account { user: line.get(2)?.parse().ok()?, group: line.get(3)?.parse().ok()? })
    };
    match find("postgres").or_else(|| find("nobody")) {
        Some(account) => Ok(Some(account)),
        None => bail!("servers do not run as root, and there is neither `postgres` nor `nobody`"),
    }
}
