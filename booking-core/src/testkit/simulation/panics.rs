//! Panics of what is simulated, wherever they are caught.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes panics from now on, and forgets those of this thread so far. They are printed as ever.
pub(super) fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            LAST.with_borrow_mut(|last| *last = Some(info.to_string()));
            print(info);
        }));
    });
    LAST.with_borrow_mut(|last| *last = None);
}

/// Returns what the last panic of this thread said, if there was one.
pub(super) fn last() -> Option<String> {
    LAST.with_borrow(Clone::clone)
}
