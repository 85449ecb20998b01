//! The secret beside an embedded database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use booking_core::adapters::mock_gateway::IpnSecrets;
use rand::TryRng as _;
use rand::rngs::SysRng;

const SECRET_BYTES: usize = 32;

/// Reads the secret of `file`, and makes it first if there is none.
///
/// Two processes that start at once end up with the same secret, and a crash leaves a whole file or
/// none: it is written under another name, and linked into place, which fails if somebody was
/// faster.
pub(crate) fn find_or_make(file: &Path) -> anyhow::Result<IpnSecrets> {
    let shown = file.display();
    if !file.try_exists().with_context(|| format!("{shown} cannot be looked for"))? {
        make(file).with_context(|| {
            format!("the secret for payment notifications cannot be kept in {shown}")
        })?;
    }
    let text = fs::read_to_string(file)
        .with_context(|| format!("the secret in {shown} cannot be read"))?;
    IpnSecrets::parse(text.trim()).with_context(|| {
        format!("the secret in {shown} cannot be used (without the file, a new one is made)")
    })
}

fn make(file: &Path) -> anyhow::Result<()> {
    use std::fmt::Write as _;
    let mut secret = [0_u8; SECRET_BYTES];
    SysRng.try_fill_bytes(&mut secret).context("the system has no random bytes")?;
    let mut text = String::with_capacity(2 * SECRET_BYTES + 1);
    for byte in secret {
        write!(text, "{byte:02x}")?;
    }
    text.push('\n');

    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let draft = file.with_file_name(name);
    // Left by a process of the same number that was killed here.
    let _ = fs::remove_file(&draft);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&draft)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    // The name must be as durable as the content: links that were signed have to stay good.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("booking.db.ipn-secret");
        find_or_make(&file).unwrap();
        let made = fs::read_to_string(&file).unwrap();
        assert_eq!(made.len(), 65);
        assert!(made.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()));
        find_or_make(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_second_maker_leaves_the_first_secret_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "the-secret-of-the-first").unwrap();
        // As if it had looked before the first one wrote.
        make(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "the-secret-of-the-first");
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_refused_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, "short").unwrap();
        let error = format!("{:#}", find_or_make(&file).unwrap_err());
        assert!(error.contains("secret") && !error.contains("short"), "{error}");
        let missing = folder.path().join("missing").join("secret");
        assert!(find_or_make(&missing).is_err());
    }
}
