//! ISO 4217: how many minor digits a currency has.

/// Currencies without a minor unit.
pub const NO_MINOR: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
];

/// Currencies whose minor unit is a thousandth.
pub const THREE_MINOR: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Digits after the point of an amount in this currency.
pub fn minor_digits(currency: &str) -> u32 {
    if NO_MINOR.contains(&currency) {
        0
    } else if THREE_MINOR.contains(&currency) {
        3
    } else {
        2
    }
}
