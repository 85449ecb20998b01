//! A server under callgrind.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::stage::read_addresses;
use tempfile::TempDir;
use tokio::io::BufReader;
use tokio::process::{Child, ChildStdout, Command};

/// What the notifications are signed with.
pub(crate) const SECRET: &str = "the-secret-that-the-instructions-are-counted-with";

/// Under callgrind everything takes some fifty times as long.
const PATIENCE: Duration = Duration::from_mins(2);

/// What is run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program<'a> {
    /// The bare server of this program.
    Bare,
    /// The server.
    Booking { path: &'a Path, arguments: &'a [String] },
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    pub(crate) public: String,
    pub(crate) admin: String,
    report: PathBuf,
    folder: TempDir,
}

impl Server {
    /// Starts a server; callgrind writes its profile to `profile`, or nowhere.
    pub(crate) async fn start(
        program: Program<'_>,
        profile: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let report = folder.path().join("report");
        let mut command = Command::new("valgrind");
        command
            .arg("--tool=callgrind")
            .arg(option("callgrind-out-file", profile.unwrap_or(Path::new("/dev/null"))))
            .arg(option("log-file", &report));
        match program {
            Program::Bare => command.arg(std::env::current_exe()?).arg("bare"),
            Program::Booking { path, arguments } => command
                .arg(path.canonicalize().context("build the server first")?)
                .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
                .args(arguments),
        };
        let database = format!("sqlite://{}", folder.path().join("booking.db").display());
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut child = command
            .env_remove("RUST_LOG")
            .env("DATABASE_URL", database)
            .env("BOOKING_IPN_SECRET", SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("valgrind is not installed")?;
        let mut stdout = BufReader::new(child.stdout.take().context("it is piped")?);
        let (public, admin) = read_addresses(&mut stdout, PATIENCE).await?;
        Ok(Self { child, _stdout: stdout, public, admin, report, folder })
    }

    /// Returns how many mails were written.
    pub(crate) fn mails(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("mail")).map_or(0, Iterator::count)
    }

    /// Tells the server to stop, and returns how many instructions it has taken.
    pub(crate) async fn stop(mut self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the server has ended")?.to_string();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        let report = std::fs::read_to_string(&self.report)?;
        let collected = report.lines().find_map(|line| line.split_once("Collected : "));
        let (_, collected) = collected.context("callgrind counted nothing")?;
        Ok(collected.trim().parse()?)
    }
}

fn option(name: &str, value: &Path) -> String {
    format!("--{name}={}", value.display())
}
