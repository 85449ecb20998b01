//! Asking a server that speaks PostgreSQL's protocol whether it lets clients in.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any server takes that is up.
const LIMIT: Duration = Duration::from_secs(1);

/// Tells whether a server asks for the password of `user`, which is the first thing that it does once it is
/// open. While it starts or stops, it answers with an error instead.
pub(crate) fn asks_for_password(port: u16, user: &str) -> bool {
    let ask = || -> std::io::Result<u8> {
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let mut body = 196_608_u32.to_be_bytes().to_vec(); // Protocol 3.0.
        for word in ["user", user, "database", "postgres", ""] {
            body.extend_from_slice(word.as_bytes());
            body.push(0);
        }
        let length = u32::try_from(body.len() + 4).expect("a user's name is short");
        stream.write_all(&[&length.to_be_bytes(), &*body].concat())?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        Ok(answer[0])
    };
    ask().is_ok_and(|answer| answer == b'R')
}
