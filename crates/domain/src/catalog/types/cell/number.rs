use std::fmt;

/// An exact decimal number: `digits` × 10^-`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: u128,
    scale: i32,
}

/// Beyond this many places either way a number is a mistake.
const FURTHEST: i32 = 60;

impl Decimal {
    /// Reads `-12.50` or `1.1E+08`: no spaces, no thousands separators, a point.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i32>().ok().filter(|places| places.abs() <= FURTHEST)?)
            }
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits: u128 = 0;
        for letter in whole.chars().chain(fraction.chars()) {
            digits = digits.checked_mul(10)?.checked_add(u128::from(letter.to_digit(10)?))?;
        }
        let scale = i32::try_from(fraction.len()).ok()?;
        (scale <= FURTHEST).then(|| Self { negative, digits, scale: scale - exponent }.simplified())
    }

    /// Reads a number as people write it: `1.234,50 €`, `(12.00)`, `- 3`, with the separators given.
    pub fn written(text: &str, decimal: char, thousands: Option<char>) -> Option<Self> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_currency_sign(c));
        let (negated, text) = match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => (true, inner),
            None => match text.strip_suffix('-') {
                Some(rest) => (true, rest),
                None => (false, text),
            },
        };
        let (whole, fraction) =
            text.split_once(decimal).map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
        let mut plain = String::with_capacity(text.len());
        for letter in whole.trim().chars() {
            let separator =
                thousands == Some(letter) || (letter.is_whitespace() && thousands.is_some_and(char::is_whitespace));
            if separator {
                plain.push('\u{0}');
            } else if !(is_currency_sign(letter)
                || letter.is_whitespace() && plain.trim_start_matches(['-', '+']).is_empty())
            {
                plain.push(letter);
            }
        }
        if !groups_of_three(&plain) {
            return None;
        }
        plain.retain(|letter| letter != '\u{0}');
        if let Some(fraction) = fraction {
            plain.push('.');
            plain.push_str(fraction.trim());
        }
        let number = Self::parse(&plain)?;
        if negated && number.negative { None } else { Some(Self { negative: number.negative ^ negated, ..number }) }
    }

    pub fn times(self, other: Self) -> Option<Self> {
        let digits = self.digits.checked_mul(other.digits)?;
        Some(Self { negative: self.negative ^ other.negative, digits, scale: self.scale + other.scale }.simplified())
    }

    pub fn is_whole(self) -> bool {
        self.scale <= 0
    }

    fn simplified(mut self) -> Self {
        if self.digits == 0 {
            return Self { negative: false, digits: 0, scale: 0 };
        }
        while self.scale > 0 && self.digits.is_multiple_of(10) {
            self.digits /= 10;
            self.scale -= 1;
        }
        self
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = self.digits.to_string();
        if self.scale < 0 {
            digits.extend(std::iter::repeat_n('0', self.scale.unsigned_abs() as usize));
        } else if self.scale > 0 {
            let places = self.scale.unsigned_abs() as usize;
            let short = (places + 1).saturating_sub(digits.len());
            digits.insert_str(0, &"0".repeat(short));
            digits.insert(digits.len() - places, '.');
        }
        if self.negative { write!(out, "-{digits}") } else { out.write_str(&digits) }
    }
}

/// Every separator (written as NUL) is followed by three digits; the first group has one to three.
/// (`1.23` with thousands `.` is a misread decimal point, not a hundred and twenty-three.)
fn groups_of_three(marked: &str) -> bool {
    let mut groups = marked.trim_start_matches(['-', '+']).split('\u{0}');
    let first = groups.next().unwrap_or_default().len();
    let mut rest = groups.peekable();
    rest.peek().is_none() || ((1..=3).contains(&first) && rest.all(|group| group.len() == 3))
}

fn is_currency_sign(letter: char) -> bool {
    matches!(letter, '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩' | '₺' | '%' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, decimal: char, thousands: Option<char>) -> Option<String> {
        Decimal::written(text, decimal, thousands).map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(read("1.234,50 €", ',', Some('.')).as_deref(), Some("1234.5"));
        assert_eq!(read("$1,234,567.00", '.', Some(',')).as_deref(), Some("1234567"));
        assert_eq!(read("12\u{202f}345,6", ',', Some(' ')).as_deref(), Some("12345.6"));
        assert_eq!(read("(12.00)", '.', None).as_deref(), Some("-12"));
        assert_eq!(read("7-", '.', None).as_deref(), Some("-7"));
        assert_eq!(read("-€ 3,5", ',', None).as_deref(), Some("-3.5"));
        assert_eq!(read("1.1E+08", '.', None).as_deref(), Some("110000000"));
        assert_eq!(read(".5", '.', None).as_deref(), Some("0.5"));
    }

    #[test]
    fn a_number_in_another_format_is_refused_rather_than_misread() {
        for (text, decimal, thousands) in [
            ("1,234", '.', None),
            ("1.23", ',', Some('.')),
            ("1234.567", ',', Some('.')),
            ("1.234.5", ',', Some('.')),
            ("12 34", '.', None),
            ("", '.', None),
            ("-", '.', None),
            ("(-3)", '.', None),
            ("1.2.3", '.', None),
            ("abc", '.', None),
            ("1e999", '.', None),
            ("9999999999999999999999999999999999999999", '.', None),
        ] {
            assert_eq!(read(text, decimal, thousands), None, "{text}");
        }
    }

    #[test]
    fn revenue_in_millions_is_multiplied_exactly() {
        let millions = Decimal::parse("1000000").unwrap();
        assert_eq!(Decimal::parse("1100.04").unwrap().times(millions).unwrap().to_string(), "1100040000");
        assert_eq!(Decimal::parse("0.1").unwrap().times(Decimal::parse("0.01").unwrap()).unwrap().to_string(), "0.001");
    }

    proptest! {
        #[test]
        fn whatever_is_shown_is_read_back(digits: i64, scale in 0usize..9) {
            let text = format!("{}{:0>width$}", if digits < 0 { "-" } else { "" }, digits.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = text.split_at(text.len() - scale);
            let number = Decimal::parse(&format!("{whole}.{fraction}")).unwrap();
            prop_assert_eq!(Decimal::parse(&number.to_string()), Some(number));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = Decimal::written(&text, ',', Some('.'));
            let _ = Decimal::parse(&text);
        }
    }
}
