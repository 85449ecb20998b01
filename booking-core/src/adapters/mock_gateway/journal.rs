//! What a gateway must not forget, in an append-only file of JSON lines.
//!
//! One thread writes. It takes everything that came while it was writing, and makes it durable with a single
//! `fsync`, so that many payments at once cost little more than one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::payment::{Payment, PaymentState};
use super::queue::Delivery;
use crate::domain::ids::BookingId;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::ForeignId;
use crate::domain::time::Timestamp;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("the journal of the mock gateway cannot be read or written")]
    Io {
        /// The operating system's error.
        #[from]
        source: io::Error,
    },
    /// Another process has it open.
    #[error("the journal of the mock gateway is in use by another process")]
    InUse,
    /// A line before the last one is not a record. The file is left as it is.
    #[error("line {line} of the mock gateway's journal is not a record")]
    Corrupt {
        /// The line, counted from 1.
        line: usize,
    },
}

/// A line of the journal. What belongs together is in one line, because a line is there or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// A payment as it is from now on, and the notifications that follow from it.
    Payment { payment: StoredPayment, notifications: Vec<StoredDelivery> },
    /// A notification that needs no further attempt.
    Settled { key: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredPayment {
    pub(super) payment_id: String,
    pub(super) booking_id: Option<BookingId>,
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) state: PaymentState,
    pub(super) changed_at: Timestamp,
}

impl StoredPayment {
    pub(super) fn new(payment_id: &ForeignId, payment: &Payment) -> Self {
        Self {
            payment_id: payment_id.as_str().to_owned(),
            booking_id: payment.booking_id,
            amount: payment.amount.map(Money::amount_minor),
            currency: payment.amount.map(|amount| amount.currency().code().to_owned()),
            expires_at: payment.expires_at,
            state: payment.state,
            changed_at: payment.changed_at,
        }
    }

    pub(super) fn restore(self) -> Option<(ForeignId, Payment)> {
        let amount = match (self.amount, self.currency) {
            (Some(amount), Some(code)) => {
                Some(Money::new(amount, Currency::new(&code).ok()?).ok()?)
            }
            (None, None) => None,
            _ => return None,
        };
        let payment = Payment {
            booking_id: self.booking_id,
            amount,
            expires_at: self.expires_at,
            state: self.state,
            changed_at: self.changed_at,
        };
        Some((ForeignId::new(self.payment_id).ok()?, payment))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredDelivery {
    pub(super) key: u64,
    pub(super) notification_id: String,
    pub(super) body: String,
    pub(super) bad_signatures: u32,
    pub(super) after: Option<u64>,
    pub(super) is_held_back: bool,
    pub(super) created_at: Timestamp,
    pub(super) due_at: Timestamp,
}

impl StoredDelivery {
    pub(super) fn new(key: u64, delivery: &Delivery) -> Self {
        Self {
            key,
            notification_id: delivery.notification_id.as_str().to_owned(),
            body: delivery.body.clone(),
            bad_signatures: delivery.bad_signatures,
            after: delivery.after,
            is_held_back: delivery.is_held_back,
            created_at: delivery.created_at,
            due_at: delivery.due_at,
        }
    }
}

/// How far the writing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// The number of the last record that is durable.
    pub(super) durable: u64,
    /// Nothing is written any more, because a write failed: what is in the file after it is unknown.
    pub(super) has_failed: bool,
}

/// Reads the records of a journal; a last line that was torn by a crash is left out.
pub(super) fn read(path: &Path) -> Result<Vec<Record>, JournalError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(JournalError::Io { source }),
    };
    let mut records = Vec::new();
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // A line without its end was not acknowledged to anybody.
        let Some(line) = line.strip_suffix(b"\n") else { break };
        let record =
            serde_json::from_slice(line).map_err(|_| JournalError::Corrupt { line: index + 1 })?;
        records.push(record);
    }
    Ok(records)
}

/// Appends records to a journal that nobody else has open.
#[derive(Debug)]
pub(super) struct Journal {
    lines: Option<mpsc::Sender<(u64, Vec<u8>)>>,
    last_record: u64,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    /// Makes sure that no other process uses the journal, for as long as the lock lives.
    pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        // A file of its own: the journal itself is replaced when it is compacted.
        let lock = private().truncate(false).open(beside(path, "lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(std::fs::TryLockError::WouldBlock) => Err(JournalError::InUse),
            Err(std::fs::TryLockError::Error(source)) => Err(JournalError::Io { source }),
        }
    }

    /// Replaces the journal by `records`, and opens it for appending.
    pub(super) fn start(
        path: &Path,
        lock: File,
        records: &[Record],
    ) -> Result<(Self, watch::Receiver<Progress>), JournalError> {
        let fresh = beside(path, "new");
        let mut file = private().truncate(true).open(&fresh)?;
        for record in records {
            file.write_all(&line_of(record))?;
        }
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        sync_folder(path)?;

        let (progress, watcher) = watch::channel(Progress { durable: 0, has_failed: false });
        let (lines, inbox) = mpsc::channel();
        let writer = std::thread::Builder::new().name("mock-gateway-journal".to_owned()).spawn(
            move || {
                write_lines(&mut file, &inbox, &progress);
                drop(lock);
            },
        )?;
        Ok((Self { lines: Some(lines), last_record: 0, writer: Some(writer) }, watcher))
    }

    /// Hands a record to the writer, and returns its number.
    pub(super) fn append(&mut self, record: &Record) -> u64 {
        self.last_record += 1;
        if let Some(lines) = &self.lines {
            // It fails only if the writer panicked, and then its progress stays where it is.
            let _ = lines.send((self.last_record, line_of(record)));
        }
        self.last_record
    }

    /// Returns the number of the last record that was handed over.
    pub(super) const fn last_record(&self) -> u64 {
        self.last_record
    }
}

impl Drop for Journal {
    /// Waits until everything is written and the lock is free.
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn write_lines(
    file: &mut File,
    inbox: &mpsc::Receiver<(u64, Vec<u8>)>,
    progress: &watch::Sender<Progress>,
) {
    while let Ok((mut number, mut lines)) = inbox.recv() {
        while let Ok((next, line)) = inbox.try_recv() {
            number = next;
            lines.extend(line);
        }
        if progress.borrow().has_failed {
            continue;
        }
        match file.write_all(&lines).and_then(|()| file.sync_data()) {
            Ok(()) => {
                progress.send_replace(Progress { durable: number, has_failed: false });
            }
            Err(error) => {
                tracing::error!(%error, "the mock gateway's journal cannot be written any more");
                progress.send_modify(|progress| progress.has_failed = true);
            }
        }
    }
}

fn line_of(record: &Record) -> Vec<u8> {
    let mut line = serde_json::to_vec(record).expect("a record can be written as JSON");
    line.push(b'\n');
    line
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// Opens files that only their owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a rename durable. Only Unix lets folders be synchronised.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: u64) -> Record {
        Record::Settled { key }
    }

    async fn write_some(path: &Path, kept: &[Record], added: &[Record]) {
        let lock = Journal::lock(path).unwrap();
        let (mut journal, mut progress) = Journal::start(path, lock, kept).unwrap();
        let mut number = 0;
        for record in added {
            number = journal.append(record);
        }
        progress.wait_for(|progress| progress.durable >= number).await.unwrap();
    }

    #[tokio::test]
    async fn records_are_read_back_and_a_torn_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/journal.jsonl");
        assert_eq!(read(&path).unwrap(), []);
        write_some(&path, &[], &[record(1), record(2)]).await;
        assert_eq!(read(&path).unwrap(), [record(1), record(2)]);

        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(br#"{"record":"settled","ke"#).unwrap();
        assert_eq!(read(&path).unwrap(), [record(1), record(2)]);
        write_some(&path, &read(&path).unwrap(), &[record(3)]).await;
        assert_eq!(read(&path).unwrap(), [record(1), record(2), record(3)]);
    }

    #[test]
    fn a_broken_line_in_the_middle_is_reported_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let text =
            "{\"record\":\"settled\",\"key\":1}\n{\"rec\n{\"record\":\"settled\",\"key\":2}\n";
        std::fs::write(&path, text).unwrap();
        assert!(matches!(read(&path), Err(JournalError::Corrupt { line: 2 })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn only_one_at_a_time_has_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let lock = Journal::lock(&path).unwrap();
        assert!(matches!(Journal::lock(&path), Err(JournalError::InUse)));
        drop(lock);
        assert!(Journal::lock(&path).is_ok());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        write_some(&path, &[], &[record(1)]).await;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
