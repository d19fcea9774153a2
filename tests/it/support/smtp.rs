//! A mail server: it takes mail over SMTP and keeps it for the test to read.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// Listens until the test is over.
pub struct SmtpServer {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Mail>>>,
    read: Mutex<usize>,
}

/// What came in.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// As it was sent, with its headers.
    pub raw: String,
}

/// Somebody whom this server does not know.
pub const UNKNOWN: &str = "unknown@example.com";

impl SmtpServer {
    pub async fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into()).await
    }

    /// A place where nobody listens yet.
    pub async fn place() -> SocketAddr {
        let free = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        free.local_addr().expect("an address")
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("an address");
        let taken = Arc::<Mutex<Vec<Mail>>>::default();
        let keeps = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let keeps = Arc::clone(&keeps);
                // A client that breaks off has sent nothing.
                tokio::spawn(async move { serve(client, &keeps).await.unwrap_or_default() });
            }
        });
        Self { address, taken, read: Mutex::default() }
    }

    pub fn url(&self) -> String {
        url_of(self.address)
    }

    /// All that came in so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.taken.lock().expect("no test panicked here").clone()
    }

    /// Waits for the next mail that was not looked at, whoever it is for.
    pub async fn next(&self) -> Mail {
        let since = Instant::now();
        loop {
            {
                let mut read = self.read.lock().expect("no test panicked here");
                if let Some(mail) = self.mails().get(*read) {
                    *read += 1;
                    return mail.clone();
                }
            }
            assert!(since.elapsed() < Duration::from_secs(20), "no mail came");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The next one, which must be for this address.
    pub async fn next_to(&self, address: &str) -> Mail {
        let mail = self.next().await;
        assert_eq!(mail.to, [address], "{}", mail.raw);
        mail
    }
}

pub fn url_of(address: SocketAddr) -> String {
    format!("smtp://{address}?tls=none")
}

async fn serve(client: TcpStream, taken: &Mutex<Vec<Mail>>) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut mail = Mail { from: String::new(), to: Vec::new(), raw: String::new() };
    say(&mut client, "220 test ESMTP").await?;
    loop {
        let line = hear(&mut client).await?;
        let argument = || line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(it, _)| it);
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" | "HELO" => "250 test",
            "MAIL" => {
                argument().clone_into(&mut mail.from);
                "250 go on"
            }
            "RCPT" if argument() == UNKNOWN => "550 no such mailbox",
            "RCPT" => {
                mail.to.push(argument().to_owned());
                "250 go on"
            }
            "DATA" => {
                say(&mut client, "354 end with a dot").await?;
                loop {
                    let line = hear(&mut client).await?;
                    if line == "." {
                        break;
                    }
                    mail.raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.raw.push('\n');
                }
                taken.lock().expect("no test panicked here").push(mail.clone());
                "250 taken"
            }
            "QUIT" => return say(&mut client, "221 bye").await,
            _ => "250 fine",
        };
        say(&mut client, answer).await?;
    }
}

async fn say(client: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    client.get_mut().write_all(format!("{line}\r\n").as_bytes()).await
}

async fn hear(client: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    if client.read_line(&mut line).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl Mail {
    /// The value of a header, its folds undone.
    pub fn header(&self, name: &str) -> String {
        let (headers, _) = self.raw.split_once("\n\n").expect("headers end");
        let unfolded = headers.replace("\n ", " ").replace("\n\t", " ");
        let line =
            unfolded.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
        line.and_then(|line| line.split_once(':')).map_or(String::new(), |(_, value)| value.trim().to_owned())
    }

    /// Names of the headers of the whole.
    pub fn headers(&self) -> Vec<String> {
        let (headers, _) = self.raw.split_once("\n\n").expect("headers end");
        let lines = headers.lines().filter(|line| !line.starts_with([' ', '\t']));
        lines.filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_lowercase()).collect()
    }

    /// The body, both forms of it, as it reads.
    pub fn body(&self) -> String {
        let parts = self.raw.split("\n--").map(|part| match part.split_once("\n\n") {
            Some((headers, text)) if headers.to_lowercase().contains("quoted-printable") => unquoted(text),
            Some((_, text)) => text.to_owned(),
            None => String::new(),
        });
        parts.collect::<Vec<_>>().join("\n")
    }

    /// The secret of its link to a page.
    pub fn token(&self, page: &str) -> String {
        let body = self.body();
        let before = format!("http://rapport.test/{page}#token=");
        let (_, after) = body.split_once(&before).unwrap_or_else(|| panic!("no link to {page}: {body}"));
        after.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter)).collect()
    }
}

/// Quoted-printable, decoded.
fn unquoted(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'=');
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).expect("UTF-8")
}
