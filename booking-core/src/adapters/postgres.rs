//! PostgreSQL, directly or through pgbouncer.
