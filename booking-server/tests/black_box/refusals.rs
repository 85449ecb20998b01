//! What keeps the server from starting, and what it says about that.

use std::fs;

use crate::support::{Folder, run};

const ANY_PORTS: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

#[tokio::test]
async fn a_folder_of_mails_that_cannot_be_written_is_noticed_at_the_start() {
    let folder = Folder::new();
    fs::write(folder.path().join("occupied"), "").unwrap();
    let line = [&ANY_PORTS[..], &["--mail-dir", "occupied"]].concat();
    let output = run(&folder, &line, &[]).await;
    assert_eq!(output.status, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("occupied, which --mail-dir sets"), "{}", output.stderr);
}
