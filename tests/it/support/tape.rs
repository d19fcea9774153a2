//! Random choices that shrink: a test reads them off a tape, and a shorter tape of smaller numbers makes a simpler case.

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner},
};

/// Choices, one after another; all the simplest once the tape is out.
pub struct Tape {
    choices: Vec<u16>,
    at: usize,
}

impl Tape {
    pub fn new(choices: Vec<u16>) -> Self {
        Self { choices, at: 0 }
    }

    /// A long tape that is the same for the same seed: for data, which does not shrink.
    pub fn of_seed(seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u16::try_from(state >> 48).expect("16 bits")
        };
        Self::new((0..100_000).map(next).collect())
    }

    /// A number from 0, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(choice) % end
    }

    /// True in so many of a hundred cases; false once the tape is out.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// Runs `test` on so many tapes. The first that fails is shrunk, then reported in the test's own words.
/// `PROPTEST_RNG_SEED` tries others, `PROPTEST_CASES` more.
pub fn for_tapes(cases: u32, length: usize, test: impl Fn(&mut Tape) -> Result<(), String>) {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    if rapport_api::config::env::var("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if matches!(config.rng_seed, RngSeed::Random) {
        config.rng_seed = RngSeed::Fixed(20_261_120);
    }
    let tapes = vec(any::<u16>(), length / 8..length);
    let outcome =
        TestRunner::new(config).run(&tapes, |choices| test(&mut Tape::new(choices)).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(TestError::Abort(reason)) => panic!("given up: {reason}"),
    }
}
