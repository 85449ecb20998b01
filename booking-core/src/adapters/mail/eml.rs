//! A notifier that writes mails to files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::render::MailRenderer;
use crate::ports::notifier::{BuyerMessage, Notifier, NotifierError};

/// Writes each mail to `<folder>/<identity>.eml`. A repeat replaces the file, so every mail is there once.
///
/// A file appears complete or not at all, is on the disk when the call returns, and can be read by its owner
/// only, because it holds a name and an address.
#[derive(Debug)]
pub struct EmlNotifier {
    folder: PathBuf,
    renderer: MailRenderer,
}

impl EmlNotifier {
    /// Makes a notifier; the folder is made with the first mail, or by [`EmlNotifier::prepare`].
    pub fn new(folder: impl Into<PathBuf>, renderer: MailRenderer) -> Self {
        Self { folder: folder.into(), renderer }
    }

    /// Makes the folder if it is missing, and writes a file into it and removes it again: for a program that
    /// would rather not start than keep its mails.
    pub fn prepare(&self) -> io::Result<()> {
        let probe = self.folder.join(format!("probe-{}.tmp", std::process::id()));
        write_whole(&probe, b"")?;
        fs::remove_file(probe)
    }

    /// Returns where the mail of a message is written to.
    pub fn path_of(&self, message: &BuyerMessage) -> PathBuf {
        self.folder.join(format!("{}.eml", message.identity()))
    }
}

#[async_trait]
impl Notifier for EmlNotifier {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        let mail = self.renderer.render(message)?.formatted();
        let path = self.path_of(message);
        tokio::task::spawn_blocking(move || write_whole(&path, &mail))
            .await
            .map_err(|source| NotifierError::Temporary { source: source.into() })?
            .map_err(|source| NotifierError::Temporary { source: source.into() })
    }
}

/// Writes a file beside its place, and moves it there once it is complete and on the disk.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let (draft, mut file) = open_draft(path)?;
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&draft, path));
    if let Err(error) = written {
        // What is left of it is of no use. If it cannot be removed either, the first error says more.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    // Only Unix lets folders be synchronised.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Opens a file that nobody else writes: two workers may send the same notice at the same time.
fn open_draft(path: &Path) -> io::Result<(PathBuf, File)> {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
        let draft = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
        match private().open(&draft) {
            // An earlier process of the same id left it behind.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (draft, file)),
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
