//! A gateway in this process, on a free port.

use std::{sync::Arc, time::Duration};

use rapport_api::{
    app::{App, Settings},
    auth,
    background::Background,
    http::{router::router, server::Server},
    limits, mail,
    shutdown::Shutdown,
};
use rapport_domain::rights::RoleRights;
use rapport_tenancy::{Joining, testing::TestDatabase};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Client, SmtpServer, schema_of};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "tangerine-boat-7";

pub struct TestApp {
    /// The gateway itself, for what cannot be seen from outside.
    pub app: Arc<App>,
    http: reqwest::Client,
    url: String,
    settings: Settings,
    /// Goes away with the last node that uses it.
    pub database: TestDatabase,
}

impl TestApp {
    /// A gateway without limits and without Redis, on a database of its own.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = TestDatabase::create().await;
        let mut settings = Settings {
            tenancy: database.settings(),
            auth: auth::Settings {
                issuer: "http://rapport.test".to_owned(),
                // Cheap, so that tests are quick; the real cost has a test beside the hasher.
                password_cost: auth::Cost { memory_kib: 64, passes: 1 },
                breached_passwords: None,
                session_lifetime: chrono::Duration::days(60),
                session_idle: chrono::Duration::days(14),
                signing_key_age: None,
            },
            mail: mail::Settings {
                public_url: "http://rapport.test".to_owned(),
                from: "Rapport <no-reply@rapport.test>".to_owned(),
                way: mail::Way::None,
                first_retry: Duration::from_millis(20),
            },
            limits: limits::Settings::OFF,
            redis_url: None,
            // A busy machine must not turn into a lost Redis.
            redis_patience: Duration::from_secs(5),
            trusted_hops: 0,
        };
        change(&mut settings);
        Self::serve(settings, database).await
    }

    /// A gateway whose mail goes to a server of the test's own.
    pub async fn with_mail() -> (Self, SmtpServer) {
        let server = SmtpServer::start().await;
        let url = server.url();
        (Self::start_with(|settings| settings.mail.way = mail::Way::Smtp(url.into())).await, server)
    }

    /// Another gateway on the same database.
    pub async fn second_node(&self) -> Self {
        self.second_node_with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn second_node_with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Self::serve(settings, self.database.clone()).await
    }

    async fn serve(settings: Settings, database: TestDatabase) -> Self {
        let app = App::start(settings.clone(), Background::default()).await.expect("the gateway starts");
        let server = Server::bind(([127, 0, 0, 1], 0).into(), "no setting").await.expect("a free port");
        let url = format!("http://{}", server.address());
        tokio::spawn(server.serve(router(Arc::clone(&app)), Shutdown::default()));
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { app, http, url, settings, database }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A request to a path, to be shaped and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Posts JSON without a sign-in.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// A new person with a workspace of their own, `<name>'s workspace`.
    pub async fn sign_up(&self, name: &str) -> Client {
        self.sign_up_to(name, &format!("{name}'s workspace")).await
    }

    /// A person who makes a workspace; a further one when the person is there.
    pub async fn sign_up_to(&self, name: &str, workspace: &str) -> Client {
        let body = json!({"email": email(name), "password": PASSWORD, "name": name, "workspace": workspace});
        let answer = self.post("/auth/sign-up", body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.client(&answer.body)
    }

    /// A new person who works with all records of the owner's workspace, and with nothing of its settings, signed in to
    /// it.
    pub async fn member_of(&self, owner: &Client, name: &str) -> Client {
        let everyday = self.role(owner, "Everyday work", &RoleRights::of_member()).await;
        self.member_with(owner, name, &[everyday]).await
    }

    /// A role of the workspace's own, which is there already where it was made before.
    pub async fn role(&self, owner: &Client, name: &str, rights: &RoleRights) -> Uuid {
        let schema = schema_of(owner);
        let rights = serde_json::to_string(rights).expect("JSON");
        let sql = format!(
            "INSERT INTO {schema}.role (id, name, rights) VALUES ($1, $2, $3::text::jsonb) \
             ON CONFLICT (lower(name)) DO UPDATE SET rights = excluded.rights RETURNING id"
        );
        let database = self.database.owner().await;
        database.query_one(&sql, &[&Uuid::now_v7(), &name, &rights]).await.expect("a role").get(0)
    }

    /// A new person who is a member of the owner's workspace with these roles, signed in to it.
    pub async fn member_with(&self, owner: &Client, name: &str, roles: &[Uuid]) -> Client {
        self.sign_up(name).await;
        let tenant = owner.workspace["id"].as_str().expect("an id").parse().expect("an id");
        let person = self.app.tenancy.person_by_email(&email(name)).await.expect("a database").expect("a person");
        let joining = Joining { roles: roles.to_vec(), team: None };
        self.app.tenancy.add_member(tenant, person.id, &joining).await.expect("a member");
        let session = self.sign_in(name, owner.workspace["slug"].as_str()).await;
        assert_eq!(session.status, 200, "{}", session.body);
        let member = self.client(&session.body);
        assert_eq!(member.workspace["id"], owner.workspace["id"]);
        member
    }

    /// Signs a person in to a workspace, to their only one when none is named.
    pub async fn sign_in(&self, name: &str, workspace: Option<&str>) -> Answer {
        let body = json!({"email": email(name), "password": PASSWORD, "workspace": workspace});
        self.post("/auth/sign-in", body).await
    }

    /// Somebody who holds what a sign-in answered.
    pub fn client(&self, session: &Value) -> Client {
        Client::new(self.http.clone(), self.url.clone(), session)
    }
}

pub fn email(name: &str) -> String {
    format!("{name}@example.com")
}
