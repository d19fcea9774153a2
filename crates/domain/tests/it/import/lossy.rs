//! A way to the database that gets lost, as networks and servers do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Passes everything on, until it is told to lose something.
#[derive(Clone, Default)]
pub struct Lossy(Arc<Losses>);

#[derive(Default)]
struct Losses {
    /// So many transactions are committed, and nobody hears of it.
    answers: AtomicUsize,
    /// So many are never asked to be committed.
    commits: AtomicUsize,
}

impl Lossy {
    /// Listens for connections to the server.
    pub async fn to(&self, server: String) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let losses = self.0.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                tokio::spawn(pass_on(client, server, losses.clone()));
            }
        });
        address
    }

    pub fn lose(&self, answers: usize, commits: usize) {
        self.0.answers.store(answers, SeqCst);
        self.0.commits.store(commits, SeqCst);
    }

    /// What it was told to lose and has not lost yet.
    pub fn left(&self) -> usize {
        self.0.answers.load(SeqCst) + self.0.commits.load(SeqCst)
    }
}

async fn pass_on(mut client: TcpStream, mut server: TcpStream, losses: Arc<Losses>) {
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let take = |count: &AtomicUsize| count.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(read @ 1..) = read else { return };
                let commits = asked[..read].windows(7).any(|text| text == b"COMMIT\0");
                if commits && take(&losses.commits) {
                    return;
                }
                let lost = commits && take(&losses.answers);
                if server.write_all(&asked[..read]).await.is_err() {
                    return;
                }
                if lost {
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(read @ 1..) = read else { return };
                if client.write_all(&answered[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
