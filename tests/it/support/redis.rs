//! A Redis of a test's own, to be looked into, emptied and taken away.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
};

pub struct OwnRedis {
    server: Child,
    port: u16,
}

impl OwnRedis {
    /// None where there is no server to run.
    pub async fn start() -> Option<Self> {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        for program in ["redis-server", "valkey-server"] {
            let mut command = Command::new(program);
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            let Ok(server) = command.stdout(Stdio::null()).kill_on_drop(true).spawn() else { continue };
            for _ in 0..100 {
                if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    return Some(Self { server, port });
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        eprintln!("skipped: there is no redis-server to run");
        None
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Sends one command and reads the whole answer, as text.
    pub async fn ask(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("redis answers");
        stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await.expect("redis listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("redis answers");
        answer
    }

    /// How often each command was called by others, scripts' own calls included: `evalsha=3 mget=3 ...`.
    pub async fn calls(&self, command: &str) -> u64 {
        let stats = self.ask("INFO commandstats").await;
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or_default()
    }

    pub async fn kill(&mut self) {
        self.server.kill().await.expect("redis ends");
    }
}
