//! Compiling a query for a role, and running it.
