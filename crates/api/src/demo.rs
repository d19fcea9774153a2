//! The demo workspace: a public data set of a fictitious company, its owner and a member.
//!
//! It comes in by an import like any other; the files are in the binary.

use bytes::Bytes;
use rapport_domain::{
    catalog::Catalogs,
    import::{self, Files, Observer, Progress, Report, Request, State},
    record::Origin,
};
use rapport_tenancy::{
    BuiltInRole, CreatePersonError, CreateTenantError, DbError, NewPerson, NewTenant, Person, Tenancy, TenantScope,
};

use crate::auth::{Cost, Email, Hasher, Password};

pub const EMAIL: &str = "demo@example.com";
pub const MEMBER_EMAIL: &str = "member@example.com";
/// Of both.
pub const PASSWORD: &str = "rapport-demo";
pub const SLUG: &str = "crm-sales";
const NAME: &str = "CRM Sales";

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/crm-sales/", $name))
    };
}

const MAPPING: &str = data!("mapping.toml");
const FILES: [(&str, &str); 4] = [
    ("accounts.csv", data!("accounts.csv")),
    ("products.csv", data!("products.csv")),
    ("sales_teams.csv", data!("sales_teams.csv")),
    ("sales_pipeline.csv", data!("sales_pipeline.csv")),
];

/// Why the demo is not there.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the people of the demo cannot be made")]
    Person(#[from] CreatePersonError),
    #[error("the demo workspace cannot be made")]
    Tenant(#[from] CreateTenantError),
    #[error("the control plane cannot be read")]
    Control(#[from] rapport_tenancy::Error),
    #[error("the demo workspace cannot be read")]
    Data(#[from] DbError),
    #[error("the demo's password cannot be hashed")]
    Password(#[from] crate::auth::HashError),
    #[error("the demo's data cannot be brought in")]
    Import(#[from] import::Error),
    #[error("the demo's data did not come in whole:\n{0}")]
    Incomplete(Box<Report>),
    #[error("the workspace {SLUG} is there already and belongs to somebody else")]
    Taken,
}

/// Makes what is missing of the demo. Quick when it is all there; goes on where a crash ended it.
pub async fn ensure(
    tenancy: &Tenancy,
    catalogs: &Catalogs,
    say: &mut (dyn FnMut(String) + Send),
) -> Result<(), DemoError> {
    let scope = workspace(tenancy).await?;
    member(tenancy, &scope).await?;
    let files = Files::given(FILES.map(|(name, content)| (name.to_owned(), Bytes::from_static(content.as_bytes()))));
    let request = Request {
        name: "mapping.toml".into(),
        mapping: MAPPING.into(),
        files,
        dry_run: false,
        origin: Origin::default(),
    };
    let db = tenancy.open(&scope);
    if import::was_done(&db, &import::fingerprint(&request).map_err(import::Error::from)?).await? {
        return Ok(());
    }
    say("importing the demo data".to_owned());
    let done = import::run(&db, catalogs, request, &mut Saying { say, percent: 0 }).await?;
    if done.state == State::Succeeded && done.report.is_clean() {
        return Ok(());
    }
    Err(DemoError::Incomplete(Box::new(done.report)))
}

async fn workspace(tenancy: &Tenancy) -> Result<TenantScope, DemoError> {
    let owner = person(tenancy, EMAIL, "Demo").await?;
    tenancy.vouch_for_email(owner.id).await?;
    if tenancy.system_scope(SLUG).await?.is_none() {
        let (name, slug) = (NAME.to_owned(), Some(SLUG.to_owned()));
        let new = NewTenant {
            name,
            slug,
            owner: owner.id,
            by: None,
            owner_name: owner.name.clone(),
            owner_email: owner.email.clone(),
        };
        match tenancy.create_tenant(new).await {
            // Begun before a crash.
            Err(CreateTenantError::SlugTaken { .. }) => drop(tenancy.resume_unfinished().await?),
            made => drop(made?),
        }
    }
    let ours = tenancy.memberships(owner.id).await?.iter().any(|membership| membership.slug == SLUG);
    let scope = tenancy.system_scope(SLUG).await?;
    scope.filter(|_| ours).ok_or(DemoError::Taken)
}

async fn member(tenancy: &Tenancy, scope: &TenantScope) -> Result<(), DemoError> {
    let member = person(tenancy, MEMBER_EMAIL, "Member").await?;
    if !tenancy.memberships(member.id).await?.iter().any(|membership| membership.tenant == scope.tenant()) {
        tenancy.add_member(scope.tenant(), member.id, &BuiltInRole::Rep.into()).await?;
    }
    Ok(())
}

async fn person(tenancy: &Tenancy, email: &str, name: &str) -> Result<Person, DemoError> {
    if let Some(person) = tenancy.person_by_email(email).await? {
        return Ok(person);
    }
    let address = Email::parse(email).expect("the demo's address is one");
    let password = Password::parse(PASSWORD, &address).expect("the demo's password keeps the rules");
    let password_hash = Some(Hasher::new(Cost::default())?.hash(password).await?);
    match tenancy.create_person(NewPerson { email: email.to_owned(), name: name.to_owned(), password_hash }).await {
        // Another node was quicker.
        Err(CreatePersonError::EmailTaken) => {
            tenancy.person_by_email(email).await?.ok_or_else(|| CreatePersonError::EmailTaken.into())
        }
        made => Ok(made?),
    }
}

/// Says how far the import is, now and then.
struct Saying<'s> {
    say: &'s mut (dyn FnMut(String) + Send),
    percent: u64,
}

const STEP: u64 = 20;

impl Observer for Saying<'_> {
    fn progress(&mut self, progress: &Progress<'_>) {
        let percent = progress.rows * 100 / progress.of.max(1);
        if percent >= self.percent + STEP && percent < 100 {
            self.percent = percent / STEP * STEP;
            (self.say)(format!("demo data: {percent} % ({})", progress.step));
        }
    }
}
