//! A mail server that others wrote: aiosmtpd, which keeps what it takes in a folder.

use std::fs;
use std::net::TcpStream;

use anyhow::Result;

use crate::ports::Port;
use crate::process::{Process, shell_line};
use crate::python;
use crate::wait::{blocking, must};

/// An aiosmtpd of its own.
#[derive(Debug)]
pub struct Aiosmtpd {
    process: Process,
    port: Port,
}

impl Aiosmtpd {
    /// Starts a server.
    ///
    /// # Panics
    /// If aiosmtpd is not installed or does not start.
    pub async fn start() -> Self {
        blocking(|| must(Self::start_now())).await
    }

    fn start_now() -> Result<Self> {
        let python = python::with_modules(&["aiosmtpd"])?.display().to_string();
        let process = Process::new("aiosmtpd", "KILL")?;
        let port = Port::claim()?;
        let listen = format!("127.0.0.1:{}", port.number());
        let folder = process.folder().join("mails").display().to_string();
        let handler = ["-c", "aiosmtpd.handlers.Mailbox", &folder];
        let words = [&python, "-m", "aiosmtpd", "-n", "-l", &listen].into_iter().chain(handler);
        process.start(&format!("exec {}\n", shell_line(words)), || {
            TcpStream::connect(("127.0.0.1", port.number())).is_ok()
        })?;
        Ok(Self { process, port })
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port.number())
    }

    /// Returns the mails that it took.
    ///
    /// # Panics
    /// If they cannot be read.
    pub fn mails(&self) -> Vec<String> {
        let folder = self.process.folder().join("mails/new");
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files.map(|file| must(fs::read_to_string(file.path()).map_err(Into::into))).collect()
    }
}
