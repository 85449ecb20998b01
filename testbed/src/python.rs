//! Python, with the packages that check mails and calendars.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::machine;
use crate::wait::must;

/// Debian's own Python comes first: it is the one that Debian's packages are for.
const PLACES: [&str; 1] = ["/usr/bin/python3"];

/// Returns a Python that has these modules, or says how to get them.
pub(crate) fn with_modules(modules: &[&str]) -> Result<PathBuf> {
    let imports = format!("import {}", modules.join(", "));
    let has_them = |python: &Path| {
        let mut command = Command::new(python);
        command.args(["-c", &imports]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let on_path = machine::program("python3", "Python 3");
    let mut candidates = PLACES.iter().map(PathBuf::from).chain(on_path);
    match candidates.find(|python| has_them(python)) {
        Some(python) => Ok(python),
        None => bail!(
            "no Python has the modules {}. ./test.sh installs them on Debian; elsewhere, install them with pip.",
            modules.join(" and ")
        ),
    }
}

/// Runs a script with arguments under a Python that has these modules, and returns what it prints.
///
/// # Panics
/// If there is no such Python, or the script fails.
pub fn python(modules: &[&str], script: &Path, arguments: &[&Path]) -> String {
    must(run(modules, script, arguments))
}

fn run(modules: &[&str], script: &Path, arguments: &[&Path]) -> Result<String> {
    let python = with_modules(modules)?;
    let output = Command::new(python).arg(script).args(arguments).output()?;
    if !output.status.success() {
        bail!("{} failed:\n{}", script.display(), String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("the script prints UTF-8")
}
