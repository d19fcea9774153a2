//! The record engine on a real PostgreSQL. The test command starts one and names it in `RAPPORT_TEST_DATABASE_URL`.
#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::format_collect,
    clippy::items_after_statements,
    clippy::similar_names,
    reason = "a helper of a test fails like the test, and what is compared or shown here is small"
)]

mod import;
mod record;
