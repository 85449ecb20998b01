//! Replays the corpus of each target, and goes on with inputs made out of it.
//!
//! `FUZZ_INPUTS=100000 FUZZ_SEED=7 cargo test --release -p booking-fuzz search_query` does so for longer, and begins
//! elsewhere. What breaks a promise is printed with its number, and left in `target/fuzz/found`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;

use booking_fuzz::mutate::Mutator;
use booking_fuzz::{MAX_BYTES, TARGETS, Target};

/// How many inputs are made for each target.
const INPUTS: u64 = 1_500;

thread_local! {
    /// Panics of this thread, also those that somebody caught. A runtime of one thread has no others.
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            default(panic);
        }));
    });
}

fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// Reads the corpus of a target, in the order of the names.
fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder(target))
        .unwrap_or_else(|error| panic!("{} has no corpus: {error}", target.name))
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().display().to_string(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no corpus", target.name);
    files
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var_os(name);
    value.map_or(default, |value| {
        let number = value.to_str().and_then(|value| value.parse().ok());
        number.unwrap_or_else(|| panic!("{name} must be a number"))
    })
}

/// Runs one input; fails with what `name` says of it.
fn check(target: &Target, input: &[u8], name: &str) {
    PANICS.set(0);
    let result = catch_unwind(AssertUnwindSafe(|| target.check(input)));
    if result.is_ok() && PANICS.get() == 0 {
        return;
    }
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz/found");
    fs::create_dir_all(&found).unwrap();
    let file = found.join(format!("{}-{}", target.name, name.replace([' ', '/'], "-")));
    fs::write(&file, input).unwrap();
    let shown = input[..input.len().min(2_000)].escape_ascii();
    panic!(
        "{}: {name} breaks a promise, see above. It is in {}:\n{shown}",
        target.name,
        file.display()
    );
}

fn run(name: &str) {
    count_panics();
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = corpus(target);
    for (name, input) in &corpus {
        check(target, input, &format!("corpus {name}"));
    }
    let inputs: Vec<_> = corpus.into_iter().map(|(_, input)| input).collect();
    let mutator = Mutator::new(target, &inputs);
    let (first, count) = (setting("FUZZ_SEED", 0), setting("FUZZ_INPUTS", INPUTS));
    println!("{name}: {} of the corpus, and {count} from FUZZ_SEED={first}", inputs.len());
    for seed in first..first + count {
        check(target, &mutator.input(seed), &format!("seed {seed}"));
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                run(stringify!($name));
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

targets! {
    booking_body, booking_key, event_body, event_patch, search_query, cursor, ids, request, notification,
    signature, payment_page, booking_form, import, secrets,
}

#[test]
fn every_target_is_tested_and_every_folder_belongs_to_one() {
    let targets: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(targets, NAMES);
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders: BTreeSet<_> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, NAMES.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn the_corpus_is_small_and_nothing_is_there_twice() {
    let mut total = 0;
    for target in TARGETS {
        let mut seen = BTreeSet::new();
        for (name, input) in corpus(target) {
            assert!(input.len() <= MAX_BYTES, "{} {name} is too large", target.name);
            total += input.len();
            assert!(seen.insert(input), "{} {name} is there twice", target.name);
        }
    }
    assert!(total < 700_000, "{total} bytes");
}

#[test]
fn the_same_number_makes_the_same_input() {
    for target in TARGETS {
        let inputs: Vec<_> = corpus(target).into_iter().map(|(_, input)| input).collect();
        let mutator = Mutator::new(target, &inputs);
        let made: BTreeSet<_> = (0..50).map(|seed| mutator.input(seed)).collect();
        assert!(made.len() > 25, "{} repeats itself", target.name);
        assert_eq!(mutator.input(7), mutator.input(7));
    }
}

/// A target that never fails tests nothing.
#[test]
fn a_broken_promise_is_noticed() {
    count_panics();
    let broken = |run| Target { run, ..TARGETS[0] };
    let caught: fn(&[u8]) = |_| drop(catch_unwind(|| panic!("somebody catches this")));
    let greedy: fn(&[u8]) = |_| drop(std::hint::black_box(vec![1_u8; 100 << 20]));
    for run in [caught, greedy, |_| panic!("nobody catches this")] {
        let target = Target { name: "self-test", ..broken(run) };
        assert!(catch_unwind(AssertUnwindSafe(|| check(&target, b"x", "it"))).is_err());
    }
    check(&broken(|_| ()), b"x", "nothing");
}
