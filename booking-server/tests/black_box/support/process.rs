//! The program as a child process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::process::Command;

use super::PATIENCE;

const PROGRAM: &str = env!("CARGO_BIN_EXE_booking-server");

/// The folder that a server lives in. Clones are the same folder; the last one removes it.
#[derive(Clone)]
pub(crate) struct Folder(Arc<TempDir>);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("booking.db")
    }
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Makes a command that runs in `folder`, and inherits no settings.
pub(crate) fn command(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    prepare(Command::new(PROGRAM), folder, arguments, variables)
}

/// Makes a command that may open so many files and no more, and else is as that of [`command`].
pub(super) fn limited_command(
    open_files: u32,
    folder: &Folder,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("ulimit -n {open_files}; exec \"$0\" \"$@\""), PROGRAM]);
    prepare(shell, folder, arguments, variables)
}

fn prepare(
    mut command: Command,
    folder: &Folder,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Command {
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub(crate) async fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = tokio::time::timeout(PATIENCE, command(folder, arguments, variables).output())
        .await
        .unwrap_or_else(|_| panic!("{arguments:?} does not end"))
        .unwrap();
    Output {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
