//! The same targets under libFuzzer, which keeps what reaches new code. `fuzz/guide` builds and runs it.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
fn target() -> &'static booking_fuzz::Target {
    static TARGET: std::sync::OnceLock<&booking_fuzz::Target> = std::sync::OnceLock::new();
    TARGET.get_or_init(|| {
        // The program's own name: its arguments are libFuzzer's.
        let program = std::env::args_os().next().expect("a program has a name");
        let name = std::path::Path::new(&program).file_name().and_then(|name| name.to_str());
        let mut targets = booking_fuzz::TARGETS.iter();
        let found = targets.find(|target| Some(target.name) == name);
        found.expect("the program is called like a target")
    })
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| target().check(input));

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("Run fuzz/guide, which builds this so that coverage is told.");
    std::process::exit(2);
}
