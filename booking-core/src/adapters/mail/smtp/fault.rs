//! What goes wrong with a mail server, and whose fault it is.

use std::error::Error as _;
use std::fmt;
use std::io;

use crate::ports::notifier::NotifierError;

/// How far a mail came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Connecting, encryption and logging in.
    Connect,
    /// `MAIL`.
    Sender,
    /// `RCPT`.
    Recipient,
    /// `DATA`, and what follows it.
    Content,
}

/// Why a mail did not get through. It holds nothing that the server put into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) step: Step,
    pub(super) cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// The server refused, with its code, and the one of RFC 3463 if it gave one.
    Answer { code: u16, enhanced: Option<String> },
    /// The server did not say anything in time.
    TimedOut,
    /// The connection failed: what the system or the encryption says.
    Broken(String),
    /// The answer makes no sense, or there is none.
    NoAnswer,
    /// The server lacks what has to be there.
    Lacks(&'static str),
}

impl Fault {
    pub(super) const fn timed_out(step: Step) -> Self {
        Self { step, cause: Cause::TimedOut }
    }

    /// Takes from an error what holds no personal data.
    pub(super) fn of(step: Step, error: &lettre::transport::smtp::Error) -> Self {
        let cause = if let Some(code) = error.status() {
            let words = error.source().map(ToString::to_string).unwrap_or_default();
            Cause::Answer { code: code.into(), enhanced: enhanced_code(&words) }
        } else if let Some(error) = io_error(error) {
            Cause::Broken(error.to_string())
        } else {
            Cause::NoAnswer
        };
        Self { step, cause }
    }

    /// Tells whether no other mail would fare better.
    fn is_of_the_server(&self) -> bool {
        match &self.cause {
            // Commands that it does not know or does not take now (some say 500 of any fault of their own), a host that takes no mail, and whatever asks for
            // a login or refuses it.
            Cause::Answer { code: 500 | 502..=504 | 521 | 530 | 534 | 535 | 538, .. } => true,
            // Every mail has the same sender; as to the steps before, no mail had any part in them.
            Cause::Answer { code, .. } => {
                self.step == Step::Connect || (self.step == Step::Sender && *code >= 500)
            }
            Cause::TimedOut | Cause::Broken(_) | Cause::NoAnswer | Cause::Lacks(_) => {
                self.step == Step::Connect
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match self.step {
            Step::Connect => "at the start of the connection",
            Step::Sender => "at the sender",
            Step::Recipient => "at the recipient",
            Step::Content => "at the content",
        };
        match &self.cause {
            Cause::Answer { code, enhanced: Some(enhanced) } => {
                write!(f, "the mail server answered {code} {enhanced} {at}")
            }
            Cause::Answer { code, enhanced: None } => {
                write!(f, "the mail server answered {code} {at}")
            }
            Cause::TimedOut => write!(f, "the mail server did not answer in time {at}"),
            Cause::Broken(reason) => {
                write!(f, "the connection to the mail server failed {at}: {reason}")
            }
            Cause::NoAnswer => write!(f, "the mail server gave no answer that makes sense {at}"),
            Cause::Lacks(what) => write!(f, "the mail server does not offer {what}"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for NotifierError {
    fn from(fault: Fault) -> Self {
        if fault.is_of_the_server() {
            return Self::Unreachable { source: fault.into() };
        }
        match fault.cause {
            // Security and policy (RFC 3463 §3.8): a relay that is not allowed or an address that is blocked is put right by
            // somebody, and then the mail goes through.
            Cause::Answer { enhanced: Some(ref code), .. } if code.starts_with("5.7.") => {
                Self::Temporary { source: fault.into() }
            }
            Cause::Answer { code: 500.., .. } | Cause::Lacks(_) => {
                Self::Permanent { reason: fault.to_string() }
            }
            // Whoever hears nothing after the content does not know whether the mail was taken. The repeat bears the
            // same `Message-ID`.
            Cause::Answer { .. } | Cause::TimedOut | Cause::Broken(_) | Cause::NoAnswer => {
                Self::Temporary { source: fault.into() }
            }
        }
    }
}

/// Returns the system's error, if one is below. Errors of the encryption are wrapped in one, too.
fn io_error(error: &lettre::transport::smtp::Error) -> Option<&io::Error> {
    let mut below = error.source();
    while let Some(error) = below {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        below = error.source();
    }
    None
}

/// Returns the enhanced status code that an answer begins with, such as `5.1.1` (RFC 2034).
fn enhanced_code(words: &str) -> Option<String> {
    let code = words.split_whitespace().next()?;
    let parts: Vec<&str> = code.split('.').collect();
    let [class, subject, detail] = parts[..] else { return None };
    let is_number = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_code = matches!(class, "2" | "4" | "5") && is_number(subject) && is_number(detail);
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Classify, Retry};

    fn answer(step: Step, code: u16) -> NotifierError {
        Fault { step, cause: Cause::Answer { code, enhanced: None } }.into()
    }

    #[test]
    fn a_refusal_of_the_mail_is_final_and_one_of_the_server_is_not() {
        for (step, code) in [
            (Step::Recipient, 550),
            (Step::Recipient, 553),
            (Step::Content, 554),
            (Step::Content, 552),
        ] {
            assert!(matches!(answer(step, code), NotifierError::Permanent { .. }), "{code}");
        }
        for (step, code) in [(Step::Sender, 451), (Step::Recipient, 450), (Step::Content, 452)] {
            assert!(matches!(answer(step, code), NotifierError::Temporary { .. }), "{code}");
        }
        for (step, code) in [
            (Step::Connect, 421),
            (Step::Connect, 554),
            (Step::Connect, 535),
            (Step::Sender, 530),
            (Step::Sender, 550),
            (Step::Recipient, 530),
            (Step::Content, 503),
            (Step::Content, 521),
        ] {
            let error = answer(step, code);
            assert!(matches!(error, NotifierError::Unreachable { .. }), "{code}");
            assert!(matches!(error.retry(), Retry::After(_)));
        }
    }

    #[test]
    fn what_is_lost_may_be_sent_again() {
        for step in [Step::Sender, Step::Recipient, Step::Content] {
            for cause in [Cause::TimedOut, Cause::NoAnswer, Cause::Broken("reset".to_owned())] {
                let error = NotifierError::from(Fault { step, cause });
                assert!(matches!(error, NotifierError::Temporary { .. }));
            }
        }
        let error = NotifierError::from(Fault::timed_out(Step::Connect));
        assert!(matches!(error, NotifierError::Unreachable { .. }));
    }

    #[test]
    fn of_the_words_of_a_server_only_codes_are_kept() {
        for (words, code) in [
            ("5.1.1 <zoe@example.org>: no such user", Some("5.1.1")),
            ("4.7.12", Some("4.7.12")),
            ("zoe@example.org is unknown", None),
            ("5.zoe.1 x", None),
            ("5.1.1.zoe x", None),
            ("3.1.1 x", None),
            ("", None),
        ] {
            assert_eq!(enhanced_code(words).as_deref(), code, "{words}");
        }
    }
}
