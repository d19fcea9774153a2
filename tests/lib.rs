//! Black-box tests of the running product; see `it/`.
