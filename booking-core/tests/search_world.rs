//! A catalogue of events all over the world, what people who search in it expect, and whether every database answers that.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

#[path = "postgres/support.rs"]
#[expect(dead_code, reason = "one way to the database is enough here")]
mod support;

mod search_world {
    mod answers;
    mod catalogue;
    mod crowd;
    mod endless;
    mod queries;

    mod soundness;
}
