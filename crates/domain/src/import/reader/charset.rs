use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::import::{
    mapping::File,
    problem::{Problem, code},
};

const SAMPLE: usize = 64 * 1024;

/// A file as UTF-8, as far as it is; and its beginning.
pub(super) struct Opened {
    pub text: Box<dyn BufRead + Send>,
    pub sample: Vec<u8>,
    /// The mapping or a byte order mark says that it is UTF-8.
    pub declared_utf8: bool,
}

/// A byte order mark decides, then the mapping, else it is UTF-8.
pub(super) fn open(mut input: Box<dyn Read + Send>, file: &File) -> Result<Opened, Problem> {
    let mut head = Vec::new();
    input.by_ref().take(SAMPLE as u64).read_to_end(&mut head).map_err(problem)?;
    let marked = Encoding::for_bom(&head);
    let encoding = marked.map_or(file.charset.unwrap_or(UTF_8), |(encoding, _)| encoding);
    if marked.is_none()
        && encoding == UTF_8
        && let Some(guess) = looks_like_utf16(&head)
    {
        let message = format!("The file looks like UTF-16; say `charset = \"{}\"`.", guess.name().to_lowercase());
        return Err(Problem::new(code::INVALID_CHARSET, message).at_line(1));
    }
    let body = Cursor::new(head.split_off(marked.map_or(0, |(_, length)| length)));
    let all = body.chain(input);
    let mut text: Box<dyn BufRead + Send> = if encoding == UTF_8 {
        Box::new(BufReader::with_capacity(SAMPLE, all))
    } else {
        Box::new(BufReader::with_capacity(SAMPLE, Decoded::new(all, encoding)))
    };
    let sample = text.fill_buf().map_err(|error| problem(error).at_line(1))?.to_vec();
    Ok(Opened { text, sample, declared_utf8: encoding == UTF_8 && (marked.is_some() || file.charset.is_some()) })
}

/// A problem that travelled as an I/O error, or what went wrong with reading.
pub(super) fn problem(error: io::Error) -> Problem {
    match error.downcast::<Problem>() {
        Ok(problem) => problem,
        Err(error) => Problem::new(code::FILE_UNREADABLE, format!("The file cannot be read: {}.", error.kind())),
    }
}

/// Latin text in UTF-16 is every other byte a NUL.
fn looks_like_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len().min(1024) / 2;
    let nuls = |side: usize| (0..pairs).filter(|pair| head[pair * 2 + side] == 0).count();
    let mostly = |count: usize| pairs >= 4 && count * 10 > pairs * 7;
    match (mostly(nuls(0)), mostly(nuls(1))) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// Turns another charset into UTF-8, refusing bytes that it does not have.
struct Decoded<R> {
    input: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Part of `raw` that is not decoded yet.
    from: usize,
    ended: bool,
    /// Told once the text before it is out.
    malformed: bool,
    finished: bool,
}

impl<R: Read> Decoded<R> {
    fn new(input: R, encoding: &'static Encoding) -> Self {
        Self {
            input,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: Vec::new(),
            from: 0,
            ended: false,
            malformed: false,
            finished: false,
        }
    }

    fn refusal(&self) -> io::Error {
        let message = format!(
            "Some bytes of this line are not {}; the charset of the file is another one.",
            self.encoding.name()
        );
        io::Error::other(Problem::new(code::INVALID_CHARSET, message))
    }

    fn refill(&mut self) -> io::Result<()> {
        self.raw.resize(SAMPLE, 0);
        let read = self.input.read(&mut self.raw)?;
        self.raw.truncate(read);
        self.from = 0;
        self.ended = read == 0;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    /// `out` has room for a character: the buffer around this reads in large pieces.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.malformed {
                return Err(self.refusal());
            }
            if self.finished {
                return Ok(0);
            }
            if self.from == self.raw.len() && !self.ended {
                self.refill()?;
            }
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&self.raw[self.from..], out, self.ended);
            self.from += read;
            self.finished = self.ended && result == DecoderResult::InputEmpty;
            self.malformed |= matches!(result, DecoderResult::Malformed(..));
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
