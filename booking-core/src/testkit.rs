//! Public contract suites and helpers for tests. Exempt from semver.
