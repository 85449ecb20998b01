use std::collections::BTreeSet;

type List = Vec<(&'static str, Vec<&'static str>)>;

/// Returns the public asynchronous functions of a source text, and of them those that take a harness.
fn public_functions(source: &str) -> BTreeSet<&str> {
    source
        .lines()
        .filter_map(|line| line.strip_prefix("pub async fn "))
        .filter_map(|rest| rest.split(['<', '(']).next())
        .collect()
}

/// Compares the list of a suite's macro with its files: `files` are all modules of the suite's folder.
fn assert_complete(list: &List, files: &[(&str, &str)]) {
    let listed: BTreeSet<&str> = list.iter().map(|(file, _)| *file).collect();
    let present: BTreeSet<&str> = files.iter().map(|(file, _)| *file).collect();
    assert_eq!(listed, present, "every file of cases is in the list");
    for (file, source) in files {
        let (_, cases) = list.iter().find(|(name, _)| name == file).unwrap();
        let listed: BTreeSet<&str> = cases.iter().copied().collect();
        assert_eq!(listed.len(), cases.len(), "{file} lists a case twice");
        assert_eq!(listed, public_functions(source), "the list of {file} names every case of it");
        assert!(!listed.is_empty(), "{file} has cases");
    }
}

/// Compares the modules that a suite declares as public with the files that the test reads.
fn assert_declared(suite: &str, files: &[(&str, &str)]) {
    let declared: BTreeSet<&str> = suite
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
        .filter_map(|rest| rest.strip_suffix(';'))
        .collect();
    let read: BTreeSet<&str> = files.iter().map(|(file, _)| *file).collect();
    assert_eq!(declared, read, "every public module of a suite holds cases");
}

macro_rules! assert_suite {
    ($name:literal, $macro:ident, $($file:literal)*) => {{
        let list: List = Vec::from(crate::$macro!(@ list));
        let files = [$(($file, include_str!(concat!($name, "/", $file, ".rs")))),*];
        assert_declared(include_str!(concat!($name, ".rs")), &files);
        assert_complete(&list, &files);
    }};
}

#[test]
fn the_lists_of_the_suites_name_every_case() {
    assert_suite!(
        "event_repository", event_repository_contract,
        "store" "change" "guards" "search" "random" "paging" "facets" "names" "races"
    );
    assert_suite!(
        "booking_repository", booking_repository_contract,
        "admission" "overdue" "keys" "settlement" "late" "table" "lists" "notices" "outbox"
        "races" "announcements" "cuts" "books"
    );
    assert_suite!(
        "stock_cache", stock_cache_contract,
        "counts" "fills" "corrections" "life"
    );
    assert_suite!("payment_gateway", payment_gateway_contract, "payments" "signatures");
    assert_suite!("notifier", notifier_contract, "messages");
    assert_suite!("clock", clock_contract, "time");
    assert_suite!("id_source", id_source_contract, "ids");
}

#[test]
#[should_panic(expected = "names every case")]
fn a_case_that_is_not_listed_is_noticed() {
    let list = vec![("file", vec!["one"])];
    let source = "pub async fn one<H>(h: &H) {}\npub async fn two<H>(h: &H) {}\n";
    assert_complete(&list, &[("file", source)]);
}

mod left_out {
    use crate::testkit::{Harness, LeftOut, run_case, run_declaration};

    struct Half(&'static str);

    impl Harness for Half {
        fn left_out(&self) -> Vec<LeftOut> {
            vec![LeftOut { case: self.0, reason: "it has no such thing" }]
        }
    }

    #[test]
    fn a_case_that_is_left_out_is_not_run() {
        run_case(&Half("hard"), "hard", async |_: &Half| panic!("it was run"));
    }

    #[test]
    #[should_panic(expected = "it was run")]
    fn every_other_case_is_run() {
        run_case(&Half("hard"), "easy", async |_: &Half| panic!("it was run"));
    }

    #[test]
    #[should_panic(expected = "which is no case")]
    fn only_cases_that_exist_can_be_left_out() {
        run_declaration(&Half("imagined"), &[("file", &["real"])]);
    }
}
