//! Writes of records and of the registry, each in a workspace of its own.

mod audit;
mod bin;
mod concurrency;
mod conversion;
mod create;
mod encrypted;
mod events;
mod follow;
mod registry;
mod speed;
mod support;
mod template;
mod unique;
mod update;
mod upsert;
mod values;
