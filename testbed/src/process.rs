//! One server process, watched by a guard that outlives the test.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::machine;
use crate::wait::{PATIENCE, until};

/// How many characters of a server's log are shown when it does not start.
const LOG_SHOWN: usize = 2_000;

/// A server with its folder. Both are gone when this is dropped, or when the process of the test is.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    folder: PathBuf,
    guard: Mutex<Guard>,
}

/// The shell that is the server's parent; see `guard.sh`.
#[derive(Debug)]
struct Guard {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    server: Option<Pid>,
}

impl Process {
    /// Makes a folder and its guard. `farewell` is the signal that ends the server at once and cleanly.
    pub(crate) fn new(name: &'static str, farewell: &str) -> Result<Self> {
        let account = machine::account()?;
        let folder = tempfile::Builder::new().prefix("booking-testbed-").tempdir()?;
        let mut shell = Command::new("setsid");
        shell
            .args(["sh", "-c", include_str!("guard.sh"), "guard"])
            .arg(folder.path())
            .arg(farewell);
        if let Some(account) = account {
            std::os::unix::fs::chown(folder.path(), Some(account.user), Some(account.group))?;
            shell
                .args(["setpriv", "--clear-groups"])
                .arg(format!("--reuid={}", account.user))
                .arg(format!("--regid={}", account.group));
        } else {
            shell.arg("env");
        }
        let mut shell = shell
            .current_dir(folder.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("setsid and sh are needed to watch servers")?;
        let orders = shell.stdin.take();
        let answers = shell.stdout.take().expect("it was piped");
        let guard = Guard { shell, orders, answers: BufReader::new(answers), server: None };
        // From here on the guard removes the folder.
        Ok(Self { name, folder: folder.keep(), guard: Mutex::new(guard) })
    }

    /// Returns the folder that the server may write to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file that the server reads.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Starts the server with the shell script in `launch`, and waits until it is `ready`.
    pub(crate) fn start(&self, launch: &str, ready: impl Fn() -> bool) -> Result<()> {
        self.write("launch", launch)?;
        let mut guard = self.guard();
        if guard.server.is_some_and(is_running) {
            bail!("{} runs already", self.name);
        }
        let pid = guard.order("start")?.trim().parse()?;
        let pid = Pid::from_raw(pid).context("0 is nobody's id")?;
        guard.server = Some(pid);
        drop(guard);
        until(&format!("{} answers", self.name), PATIENCE, || {
            if !is_running(pid) {
                bail!("{} ended when it was started", self.name);
            }
            Ok(ready())
        })
        .with_context(|| format!("log of {}:\n{}", self.name, self.log()))
    }

    /// Kills the server and every process that it started, as a power cut would.
    pub(crate) fn kill(&self) -> Result<()> {
        let mut guard = self.guard();
        if let Some(pid) = guard.server.take() {
            let family = family(pid);
            for member in &family {
                signal(*member, Signal::KILL)?;
            }
            self.await_end(&mut guard, &family)?;
        }
        Ok(())
    }

    /// Asks the server to end, and waits until it and what it started are gone.
    pub(crate) fn stop(&self, request: Signal) -> Result<()> {
        let mut guard = self.guard();
        if let Some(pid) = guard.server.take() {
            let family = family(pid);
            signal(pid, request)?;
            self.await_end(&mut guard, &family)?;
        }
        Ok(())
    }

    fn await_end(&self, guard: &mut Guard, family: &[Pid]) -> Result<()> {
        until(&format!("{} is gone", self.name), PATIENCE, || {
            Ok(!family.iter().copied().any(is_running))
        })?;
        // A dead process that nobody waited for still looks alive to the next PostgreSQL.
        guard.order("reap").map(drop)
    }

    /// Stops the server and every process that it started in their tracks.
    pub(crate) fn pause(&self) -> Result<()> {
        let Some(pid) = self.guard().server else { bail!("{} does not run", self.name) };
        // Those that were started while the others were being stopped are seen in the next round.
        until(&format!("{} stands still", self.name), PATIENCE, || {
            let moving: Vec<Pid> =
                family(pid).into_iter().filter(|pid| state(*pid) != Some('T')).collect();
            for member in &moving {
                signal(*member, Signal::STOP)?;
            }
            Ok(moving.is_empty())
        })
    }

    /// Lets the server go on.
    pub(crate) fn resume(&self) -> Result<()> {
        let Some(pid) = self.guard().server else { bail!("{} does not run", self.name) };
        family(pid).into_iter().rev().try_for_each(|member| signal(member, Signal::CONT))
    }

    /// Tells whether the server runs, paused or not.
    pub(crate) fn is_running(&self) -> bool {
        self.guard().server.is_some_and(is_running)
    }

    /// Returns the id of the server's process.
    pub(crate) fn id(&self) -> Option<i32> {
        self.guard().server.map(Pid::as_raw_pid)
    }

    /// Returns the end of what the server logged.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.folder.join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_SHOWN)..]).into_owned()
    }

    fn guard(&self) -> MutexGuard<'_, Guard> {
        // Nothing is left half done by a panic: the guard itself keeps the state that matters.
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guard {
    fn order(&mut self, order: &str) -> Result<String> {
        let orders = self.orders.as_mut().expect("it is taken when the guard is dropped");
        writeln!(orders, "{order}").context("the guard of a server is gone")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.orders.take());
        // There is nobody to tell of an error, and the guard does its work in any case.
        let _ = self.shell.wait();
    }
}

/// Sends a signal; a process that is gone already needs none.
fn signal(pid: Pid, signal: Signal) -> Result<()> {
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error).context("a server cannot be signalled"),
    }
}

/// Returns the state of a process as `proc(5)` has it, unless it is gone.
fn state(pid: Pid) -> Option<char> {
    stat(&pid.to_string()).map(|(state, _)| state).filter(|state| !matches!(state, 'Z' | 'X'))
}

fn is_running(pid: Pid) -> bool {
    state(pid).is_some()
}

/// Returns the state and the parent of a process.
fn stat(pid: &str) -> Option<(char, i32)> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may contain anything; state and parent follow the last one.
    let mut fields = line.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Returns a process and all that descend from it, parents first, without those that are gone.
fn family(head: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: Vec<(Pid, i32)> = processes
        .filter_map(|entry| {
            let name = entry.file_name();
            let pid = Pid::from_raw(name.to_str()?.parse().ok()?)?;
            let (state, parent) = stat(name.to_str()?)?;
            (!matches!(state, 'Z' | 'X')).then_some((pid, parent))
        })
        .collect();
    let mut family: Vec<Pid> =
        parents.iter().map(|(pid, _)| *pid).filter(|pid| *pid == head).collect();
    let mut next = 0;
    while let Some(member) = family.get(next).copied() {
        let children = parents.iter().filter(|(_, parent)| *parent == member.as_raw_pid());
        family.extend(children.map(|(pid, _)| *pid));
        next += 1;
    }
    family
}

/// Makes one line of shell from words.
pub(crate) fn shell_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for word in words {
        write!(line, "'{}' ", word.replace('\'', r"'\''")).expect("a string takes everything");
    }
    line
}
