//! What lets a person in whose phone is lost: codes to keep on paper, each good once.

use sha2::{Digest as _, Sha256};

use super::base32;

/// How many a person holds.
pub const COUNT: usize = 10;
/// 80 bits: nobody guesses one, so a plain hash is enough to keep.
const BYTES: usize = 10;

/// A code to hand out.
pub struct RecoveryCode(String);

impl RecoveryCode {
    pub fn generate() -> Self {
        let bytes: [u8; BYTES] = rand::random();
        Self(base32::encode(&bytes).to_lowercase())
    }

    /// As it was written down: in groups or not, in either case. `None` for what cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_lowercase();
        let fits = code.len() == BYTES * 8 / 5 && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        fits.then_some(Self(code))
    }

    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// In groups of four.
    pub fn text(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_again_however_it_is_typed() {
        let code = RecoveryCode::generate();
        assert_eq!(code.text().len(), 19);
        for typed in
            [code.text(), code.text().to_uppercase(), code.text().replace('-', " "), code.text().replace('-', "")]
        {
            assert_eq!(RecoveryCode::parse(&typed).map(|code| code.hash()), Some(code.hash()), "{typed}");
        }
        for wrong in ["", "123456", "abcd-efgh-ijkl-mno", "abcd-efgh-ijkl-mno1", "abcd-efgh-ijkl-mnop-q"] {
            assert!(RecoveryCode::parse(wrong).is_none(), "{wrong}");
        }
    }
}
