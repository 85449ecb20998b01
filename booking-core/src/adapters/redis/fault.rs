//! What went wrong with a server, told without addresses and secrets.

use std::borrow::Cow;

use redis::{ErrorKind, RedisError, ServerError, Value};

use crate::ports::stock_cache::CacheError;

/// What is known of a failure.
///
/// The driver's own error is not kept as the cause: it may quote an address, a user's name or a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Cause(Cow<'static, str>);

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server did not answer, or said that it cannot for now.
    Unavailable(Cause),
    /// The server answered something that is not understood.
    Backend(Cause),
}

impl Fault {
    pub(super) const fn unavailable(what: &'static str) -> Self {
        Self::Unavailable(Cause(Cow::Borrowed(what)))
    }

    pub(super) const fn backend(what: &'static str) -> Self {
        Self::Backend(Cause(Cow::Borrowed(what)))
    }

    /// Tells of an error of the connection or of the client.
    pub(super) fn of(error: &RedisError) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::Io, _) if error.is_timeout() => Self::unavailable("no answer in time"),
            (ErrorKind::Io, _) if error.is_connection_refusal() => {
                Self::unavailable("connection refused")
            }
            (ErrorKind::Io, _) => Self::unavailable("connection broken"),
            (ErrorKind::AuthenticationFailed, _) => Self::backend("authentication failed"),
            (_, Some(code)) => Self::of_code(code),
            (kind, None) => Self::Backend(Cause(format!("client: {kind:?}").into())),
        }
    }

    /// Tells of an error that a server answered.
    pub(super) fn of_answer(error: &ServerError) -> Self {
        Self::of_code(error.code())
    }

    fn of_code(code: &str) -> Self {
        // The first word of an answer is its code, by convention only.
        let is_code = code.len() <= 20 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let cause = Cause(if is_code { format!("server: {code}").into() } else { "server".into() });
        match code {
            "BUSY" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "OOM" | "READONLY" | "TRYAGAIN"
            | "MISCONF" | "NOREPLICAS" => Self::Unavailable(cause),
            _ => Self::Backend(cause),
        }
    }
}

impl From<Fault> for CacheError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(cause) => Self::Unavailable { source: cause.into() },
            Fault::Backend(cause) => Self::Backend { source: cause.into() },
        }
    }
}

/// Takes the error out of an answer.
pub(super) fn checked(answer: Value) -> Result<Value, Fault> {
    match answer {
        Value::ServerError(error) => Err(Fault::of_answer(&error)),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn addresses_and_secrets_of_the_driver_are_left_out() {
        let secret = "s3cret at 10.9.8.7:6379";
        let errors = [
            RedisError::from(io::Error::new(io::ErrorKind::ConnectionRefused, secret)),
            RedisError::from((ErrorKind::AuthenticationFailed, "refused", secret.to_owned())),
            RedisError::from((ErrorKind::Client, "refused", secret.to_owned())),
        ];
        for error in errors {
            let told = format!("{:?}", CacheError::from(Fault::of(&error)));
            assert!(!told.contains("s3cret") && !told.contains("10.9"), "{told}");
        }
        let refused = RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        let told = format!("{:?}", CacheError::from(Fault::of(&refused)));
        assert!(told.contains("Unavailable") && told.contains("connection refused"), "{told}");
        for code in ["LOADING", "CLUSTERDOWN", "READONLY"] {
            assert!(matches!(Fault::of_code(code), Fault::Unavailable(_)));
        }
        let odd = format!("{:?}", Fault::of_code("s3cret"));
        assert!(!odd.contains("s3cret"), "{odd}");
    }
}
