//! Letters as they are compared: without case, accents and widths. `Müller`, `MULLER` and `müller` are one word.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Gives what `c` becomes, which may be nothing (an accent that stands alone) or several letters.
pub(super) fn fold(c: char, mut give: impl FnMut(char)) {
    if c.is_ascii() {
        return give(c.to_ascii_lowercase());
    }
    decompose_compatible(c, |part| {
        // Marks that are letters, as the vowels of Thai and Hindi, make words what they are.
        if is_combining_mark(part) && !part.is_alphabetic() {
            return;
        }
        for lower in part.to_lowercase() {
            match plain(lower) {
                Some(letters) => letters.chars().for_each(&mut give),
                None => give(lower),
            }
        }
    });
}

/// Letters that Unicode does not take apart, as people write them who do not have them.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ł' => "l",
        'þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}
