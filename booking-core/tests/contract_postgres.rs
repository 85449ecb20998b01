//! The adapters for PostgreSQL keep every contract, directly and through a pgbouncer with four connections, each
//! case on a database of its own.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

#[path = "postgres/support.rs"]
mod support;

use booking_core::testkit::{Harness, Repositories, RepositoryHarness};

use self::support::{Database, repositories};

mod direct {
    use super::*;

    struct Direct;

    impl Harness for Direct {}

    impl RepositoryHarness for Direct {
        type Guard = Database;

        async fn fresh(&self) -> (Repositories, Database) {
            let database = Database::migrated().await;
            (repositories(&database.direct()), database)
        }
    }

    booking_core::event_repository_contract!(Direct);
    booking_core::booking_repository_contract!(Direct);
}

mod pgbouncer {
    use super::*;

    struct Pooled;

    impl Harness for Pooled {}

    impl RepositoryHarness for Pooled {
        type Guard = Database;

        async fn fresh(&self) -> (Repositories, Database) {
            let database = Database::migrated().await;
            (repositories(&database.pooled()), database)
        }
    }

    booking_core::event_repository_contract!(Pooled);
    booking_core::booking_repository_contract!(Pooled);
}
