//! `/dev/mailbox`: where mail lands in `rapport dev`, so that every flow can be walked through without a mail server.
//! There is none in `rapport serve`.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Uri, header, uri::Authority},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use rapport_tenancy::Mail;
use uuid::Uuid;

use super::html::escape;
use crate::{app::App, http::error::ApiError};

const KEPT: usize = 200;

/// The last mails, the newest first, for as long as the program runs.
#[derive(Default)]
pub struct Mailbox(Mutex<VecDeque<(DateTime<Utc>, Mail)>>);

impl Mailbox {
    pub fn put(&self, mail: Mail) {
        let mut mails = self.mails();
        mails.push_front((Utc::now(), mail));
        mails.truncate(KEPT);
    }

    fn mails(&self) -> MutexGuard<'_, VecDeque<(DateTime<Utc>, Mail)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self) -> String {
        let mut rows = String::new();
        for (at, mail) in self.mails().iter() {
            let (to, subject) = (escape(&mail.recipient), escape(&mail.subject));
            let at = at.format("%Y-%m-%d %H:%M:%S UTC");
            let _ = write!(
                rows,
                "<li><a href=\"/dev/mailbox/{}\">{subject}</a><br>To {to}, <time>{at}</time></li>",
                mail.id
            );
        }
        if rows.is_empty() {
            return page("Mailbox", "<p>No mail yet. What Rapport sends lands here.</p>");
        }
        page("Mailbox", &format!("<p>The last {KEPT} mails since the start, the newest first.</p><ul>{rows}</ul>"))
    }

    fn one(&self, id: Uuid) -> Option<String> {
        let mails = self.mails();
        let (at, mail) = mails.iter().find(|(_, mail)| mail.id == id)?;
        let (to, subject, at) = (escape(&mail.recipient), escape(&mail.subject), at.format("%Y-%m-%d %H:%M:%S UTC"));
        let body = format!(
            "<p><a href=\"/dev/mailbox\">All mail</a></p><p>To {to}, {at}</p><pre>{}</pre>",
            with_links(&mail.text)
        );
        Some(page(&subject, &body))
    }
}

/// Plain text, with its lines that are links made to be clicked.
fn with_links(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = escape(line);
        let is_link = line.starts_with("https://") || line.starts_with("http://");
        if is_link { format!("<a href=\"{words}\">{words}</a>") } else { words.into_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

const STYLE: &str = ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}main{max-width:48rem;margin:2rem auto;\
                     padding:0 1rem}h1{font-size:1.5rem}ul{list-style:none;padding:0}li{padding:.75rem 0;border-bottom:1px \
                     solid color-mix(in srgb,currentColor 20%,transparent);overflow-wrap:anywhere}a{color:light-dark(#0f6b5c,\
                     #4cc3a5)}pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;border-radius:.5rem;\
                     background:color-mix(in srgb,currentColor 7%,transparent);font:inherit}";

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages, of a gateway whose mail lands there.
pub fn routes(app: &App) -> Router<Arc<App>> {
    if app.mail.has_mailbox() {
        Router::new().route("/dev/mailbox", get(list)).route("/dev/mailbox/{id}", get(one))
    } else {
        Router::new()
    }
}

async fn list(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    match of_host(&app, &uri, &headers) {
        Some(mailbox) => answer(mailbox.list()),
        None => ApiError::not_found().into_response(),
    }
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let id = id.parse().ok();
    match of_host(&app, &uri, &headers).zip(id).and_then(|(mailbox, id)| mailbox.one(id)) {
        Some(page) => answer(page),
        None => ApiError::not_found().into_response(),
    }
}

/// For whoever asks for it by a name of this machine or of this gateway. A page elsewhere can have a name of its own lead here
/// (DNS rebinding), and would read the mails by it.
fn of_host<'a>(app: &'a App, uri: &Uri, headers: &HeaderMap) -> Option<&'a Mailbox> {
    let named = headers.get(header::HOST).map_or(Ok(""), HeaderValue::to_str).ok()?;
    let asked: Authority = uri.authority().map_or(named, Authority::as_str).parse().ok()?;
    let public: Uri = app.mail.letters().public_url().parse().ok()?;
    let is_own = is_loopback(asked.host()) || public.host().is_some_and(|own| own.eq_ignore_ascii_case(asked.host()));
    app.mail.mailbox().filter(|_| is_own)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn answer(page: String) -> Response {
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_mail_is_html_of_the_page() {
        let mailbox = Mailbox::default();
        assert!(mailbox.list().contains("No mail yet"));
        let mail = Mail {
            id: Uuid::now_v7(),
            recipient: "<img src=x>@example.com".to_owned(),
            kind: "TEST".to_owned(),
            subject: "<script>alert(1)</script>".to_owned(),
            text: "Hello <b>\nhttps://x/\"onclick=\"y\n\nRapport\n".to_owned(),
            html: String::new(),
            attempts: 1,
        };
        let id = mail.id;
        mailbox.put(mail);
        let (list, one) = (mailbox.list(), mailbox.one(id).expect("it is there"));
        for page in [&list, &one] {
            assert!(!page.contains("<script>") && !page.contains("<img") && !page.contains("<b>"), "{page}");
            assert!(page.contains("&lt;script&gt;"), "{page}");
        }
        assert!(one.contains("<a href=\"https://x/&quot;onclick=&quot;y\">"), "{one}");
        assert!(mailbox.one(Uuid::now_v7()).is_none());
    }
}
