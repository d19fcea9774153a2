//! Black-box tests of the running product.
