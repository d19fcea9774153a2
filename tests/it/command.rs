//! The binary as people run it: `rapport dev` with servers of its own, ended in every way, and what it says when it
//! cannot start. The binary is the one beside this test's: `cargo build` makes it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let binary = test.ancestors().nth(2).expect("it is in deps/").join("rapport");
    assert!(binary.exists(), "{} is missing: run `cargo build` first", binary.display());
    binary
}

/// A data directory that keeps the binaries of PostgreSQL between runs of these tests.
fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("command")
}

pub fn rapport(data_dir: &Path) -> Command {
    let mut command = Command::new(binary());
    for setting in rapport_api::config::ALL {
        command.env_remove(setting.name);
    }
    command.env("RAPPORT_DATA_DIR", data_dir).env("RAPPORT_METRICS_ADDR", "0").env("RAPPORT_HTTP_ADDR", "127.0.0.1:0");
    command
}

/// A `rapport dev` that answers.
struct Dev {
    child: Child,
    url: String,
}

impl Dev {
    fn start(data_dir: &Path) -> Self {
        let mut child = rapport(data_dir).arg("dev").stdout(Stdio::piped()).spawn().expect("the binary runs");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let line = output.lines().map_while(Result::ok).find(|line| line.contains("Rapport runs on"));
        let line = line.expect("it ended before it served; its messages are above");
        let url = line.split_whitespace().last().expect("the line ends with the URL").to_owned();
        Self { child, url }
    }

    async fn won(&self) -> Value {
        let client = reqwest::Client::new();
        let credentials = json!({ "email": "demo@example.com", "password": "rapport-demo" });
        let signed_in =
            client.post(format!("{}/auth/sign-in", self.url)).json(&credentials).send().await.expect("it answers");
        let signed_in: Value = signed_in.json().await.expect("JSON");
        let query = json!({ "query": "{ opportunities(filter: { status: { eq: WON } }, first: 1) { totalCount } }" });
        let answer = client
            .post(format!("{}/graphql", self.url))
            .bearer_auth(signed_in["accessToken"].as_str().expect("a token"))
            .json(&query)
            .send()
            .await
            .expect("it answers");
        answer.json::<Value>().await.expect("JSON")["data"]["opportunities"]["totalCount"].clone()
    }

    async fn ready(&self) -> (u16, Value) {
        let answer = reqwest::get(format!("{}/health/ready", self.url)).await.expect("it answers");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    fn end(mut self, signal: &str) -> Option<i32> {
        Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().expect("kill is there");
        let until = Instant::now() + Duration::from_mins(1);
        while self.child.try_wait().expect("it is our child").is_none() {
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.wait().expect("it is our child").code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it says when it does not start: on standard error, without the lines that tell how far it is.
fn refusal(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.stdout(Stdio::null()).output().expect("the binary runs");
    let text = String::from_utf8(stderr).expect("text");
    assert!(!status.success(), "{text}");
    text.lines().filter(|line| !line.starts_with('[')).collect::<Vec<_>>().join("\n")
}

/// Processes whose command line names the folder.
fn processes_of(data_dir: &Path) -> Vec<String> {
    let name = data_dir.to_string_lossy().into_owned();
    let own = std::process::id().to_string();
    let running = fs::read_dir("/proc").into_iter().flatten().flatten().filter(|entry| *entry.file_name() != *own);
    let lines = running.filter_map(|entry| {
        let mut line = Vec::new();
        fs::File::open(entry.path().join("cmdline")).ok()?.read_to_end(&mut line).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_finds_its_data_again_however_it_was_ended() {
    let data_dir = data_dir();
    for part in ["postgres", "redis"] {
        let _ = fs::remove_dir_all(data_dir.join(part));
    }
    let first = Dev::start(&data_dir);
    assert_eq!(first.won().await, 4238);
    let (status, health) = first.ready().await;
    assert_eq!((status, &health["status"], &health["parts"]["database"]["status"]), (200, &json!("ok"), &json!("ok")));

    let mailbox = reqwest::get(format!("{}/dev/mailbox", first.url)).await.expect("it answers");
    assert!(mailbox.text().await.expect("text").contains("What Rapport sends lands here"));

    let second = refusal(rapport(&data_dir).arg("dev"));
    assert!(second.contains(&format!("in use by process {}", first.child.id())), "{second}");
    assert_eq!(second.lines().count(), 1, "{second}");

    let beside = rapport(&data_dir).args(["tenant", "list"]).output().unwrap();
    assert!(String::from_utf8_lossy(&beside.stdout).starts_with("crm-sales "), "{beside:?}");

    assert_eq!(first.end("-KILL"), None);
    let again = Dev::start(&data_dir);
    assert_eq!(again.won().await, 4238);
    assert_eq!(again.end("-TERM"), Some(0));
    assert_eq!(processes_of(&data_dir), Vec::<String>::new());

    // Where root has to leave the checkout, the cluster is elsewhere.
    let version = data_dir.join("postgres/data/PG_VERSION");
    if version.exists() {
        fs::write(&version, "17\n").unwrap();
        let other = refusal(rapport(&data_dir).arg("dev"));
        assert!(other.contains("belongs to PostgreSQL 17 and this is PostgreSQL 18"), "{other}");
        assert_eq!(other.lines().count(), 1, "{other}");
    }
}

#[test]
fn a_port_in_use_is_said_before_anything_is_started() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data_dir = tempfile::tempdir().unwrap();
    let said = refusal(rapport(data_dir.path()).arg("dev").env("RAPPORT_HTTP_ADDR", &address));
    assert!(said.contains(&format!("the address {address} is in use")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(fs::read_dir(data_dir.path()).unwrap().count(), 0);
}

#[test]
fn every_wrong_setting_is_said_at_once() {
    let data_dir = tempfile::tempdir().unwrap();
    let mut command = rapport(data_dir.path());
    command.arg("serve").env("RAPPORT_HTTP_ADDR", "nowhere").env("RAPPORT_DATABASE_URL", "postgres://root:hunter2@db");
    command.env("RAPPORT_REDIS_URL", "rediss://:hunter2@cache/").env("RAPPORT_REDDIS_URL", "hunter2");
    let said = refusal(&mut command);
    for name in ["RAPPORT_HTTP_ADDR", "RAPPORT_DATABASE_URL", "RAPPORT_REDIS_URL"] {
        assert!(said.contains(&format!("{name}: expected")), "{said}");
    }
    assert!(said.contains("warning: RAPPORT_REDDIS_URL is no setting; RAPPORT_REDIS_URL is"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_command_gets_servers_and_its_exit_code_is_passed_on() {
    let data_dir = data_dir();
    let script = "echo $RAPPORT_TEST_DATABASE_URL $RAPPORT_TEST_REDIS_URL; exit 7";
    let output = rapport(&data_dir).args(["dev", "--exec", "--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("postgres://") && said.contains(" redis://"));
    let left: Vec<_> = fs::read_dir(&data_dir).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("run-")), "{left:?}");
}
