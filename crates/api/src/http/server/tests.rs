use axum::routing::get;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinHandle,
};

use super::*;

async fn started(router: Router) -> (SocketAddr, Shutdown, JoinHandle<()>) {
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), "X").await.unwrap();
    let (address, shutdown) = (server.address(), Shutdown::default());
    let serving = tokio::spawn(server.serve(router, shutdown.clone()));
    (address, shutdown, serving)
}

async fn ask(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_request_that_runs_when_the_server_ends_is_answered() {
    let slow = Router::new().route(
        "/",
        get(async || {
            sleep(Duration::from_millis(300)).await;
            "done"
        }),
    );
    let (address, shutdown, serving) = started(slow).await;
    let running = ask(address).await;
    sleep(Duration::from_millis(100)).await;
    shutdown.ask();
    assert!(answer(running).await.ends_with("done"));
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn who_insists_cuts_requests_off() {
    let endless = Router::new().route(
        "/",
        get(async || {
            sleep(Duration::from_mins(10)).await;
        }),
    );
    let (address, shutdown, serving) = started(endless).await;
    let running = ask(address).await;
    sleep(Duration::from_millis(100)).await;
    shutdown.ask();
    shutdown.insist();
    timeout(Duration::from_secs(5), serving).await.unwrap().unwrap();
    assert_eq!(answer(running).await, "");
}

#[tokio::test]
async fn the_peer_is_known_to_handlers() {
    let router =
        Router::new().route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()));
    let (address, shutdown, _serving) = started(router).await;
    let stream = ask(address).await;
    sleep(Duration::from_millis(100)).await;
    shutdown.ask();
    assert!(answer(stream).await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn an_address_in_use_is_said_in_one_line() {
    let first = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), "RAPPORT_HTTP_ADDR").await.unwrap();
    let error = Server::bind(first.address(), "RAPPORT_HTTP_ADDR").await.unwrap_err().to_string();
    assert!(error.contains("is in use") && error.contains("RAPPORT_HTTP_ADDR") && !error.contains('\n'), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_say_what_it_wants_is_left() {
    let (address, _shutdown, _serving) = started(Router::new()).await;
    for start in ["", "PRI * HT", "GET / HTT"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let ended = timeout(HEAD * 3, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "{start:?}");
    }
}
