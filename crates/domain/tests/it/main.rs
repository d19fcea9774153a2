//! The record engine on a real PostgreSQL. The test command starts one and names it in RAPPORT_TEST_DATABASE_URL.

mod import;
mod record;
