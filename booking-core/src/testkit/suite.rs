//! What all suites have in common: the harness, the runner, and the macro that turns a list into tests.

use std::time::Duration;

/// A case that a backend cannot pass by design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// The case's name.
    pub case: &'static str,
    /// Why, in a sentence that is printed.
    pub reason: &'static str,
}

/// What the harnesses of all ports have in common.
pub trait Harness: Send + Sync {
    /// Returns the cases that the backend cannot pass, each with the reason. They are printed and not run.
    fn left_out(&self) -> Vec<LeftOut> {
        Vec::new()
    }
}

/// A case that takes longer hangs: most likely two writers wait for each other.
const LONGEST: Duration = Duration::from_mins(2);

/// Runs one case on a runtime of its own with several threads, unless the harness leaves it out.
#[expect(clippy::print_stdout, reason = "what is left out must be seen in the output of the tests")]
pub fn run_case<H: Harness>(harness: &H, case: &str, body: impl AsyncFnOnce(&H)) {
    if let Some(LeftOut { reason, .. }) = harness.left_out().into_iter().find(|l| l.case == case) {
        println!("left out: {case}: {reason}");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime can be started");
    runtime.block_on(async {
        let ended = tokio::time::timeout(LONGEST, body(harness)).await;
        assert!(ended.is_ok(), "{case} did not end within {LONGEST:?}: it hangs");
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
}

/// Prints what a harness leaves out, and fails if it names a case that does not exist.
#[expect(clippy::print_stdout, reason = "what is left out must be seen in the output of the tests")]
pub fn run_declaration<H: Harness>(harness: &H, cases: &[(&str, &[&str])]) {
    for LeftOut { case, reason } in harness.left_out() {
        let exists = cases.iter().any(|(_, cases)| cases.contains(&case));
        assert!(exists, "the harness leaves out {case}, which is no case");
        println!("left out: {case}: {reason}");
    }
}

/// Turns a list of cases into tests, or into a value. The macros of the suites call it.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract_suite {
    (tests $harness:expr; $suite:ident $module:ident { $($file:ident { $($case:ident)* })* }) => {
        mod $module {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "the harness is named out there")]
            use super::*;

            #[test]
            fn harness_leaves_out_only_cases_that_exist() {
                let cases: &[(&str, &[&str])] =
                    &[$((stringify!($file), &[$(stringify!($case)),*])),*];
                $crate::testkit::run_declaration(&$harness, cases);
            }

            $(
                mod $file {
                    #[allow(
                        unused_imports,
                        clippy::wildcard_imports,
                        reason = "the harness is named out there"
                    )]
                    use super::*;

                    $(
                        #[test]
                        fn $case() {
                            $crate::testkit::run_case(
                                &$harness,
                                stringify!($case),
                                $crate::testkit::$suite::$file::$case,
                            );
                        }
                    )*
                }
            )*
        }
    };
    (list; $suite:ident $module:ident { $($file:ident { $($case:ident)* })* }) => {
        [$((stringify!($file), vec![$(stringify!($case)),*])),*]
    };
}
