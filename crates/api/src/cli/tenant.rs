use std::{io::Read as _, process::ExitCode};

use clap::{Args, Subcommand};
use rapport_domain::{
    audit::{self, Fault, Kind, Report},
    reseal::{self, Resealed},
};
use rapport_tenancy::{Belongings, BuiltInRole, NewPerson, NewTenant, Person, Tenancy, TenantState};

use super::{Common, Failure, database, sealing::seal};
use crate::auth::{Cost, Email, Hasher, Password};

/// Makes, lists and deletes workspaces, makes members, and rotates keys.
#[derive(Debug, Args)]
pub struct Tenant {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a workspace, ready for use.
    Create {
        name: String,
        /// Its address: lower-case letters, digits, hyphens; derived from the name when left out.
        #[arg(long)]
        slug: Option<String>,
        #[command(flatten)]
        owner: Who,
    },
    /// Lists all workspaces.
    List,
    /// Deletes a workspace with all that is in it. The people who are its members stay. Cut off, it is ended by running
    /// it again, or by `rapport migrate`.
    Delete {
        /// Slug or id of the workspace.
        workspace: String,
        /// Does it. Without it the command only says what would go.
        #[arg(long)]
        yes: bool,
    },
    /// Makes a new data key for the encrypted fields of a workspace, seals all values with it and deletes the one before, while
    /// the workspace is used. Cut off, it is ended with `--resume`.
    RotateKey {
        /// Slug or id of the workspace.
        workspace: String,
        /// Makes no new key: only seals with the current one what is not yet.
        #[arg(long)]
        resume: bool,
    },
    /// Verifies the audit log of a workspace, while it is used: finds entries that were changed, taken out or slipped in by
    /// hand, and names them. Ends with 1 when there are some, or when a log cannot be verified.
    VerifyAudit {
        /// Slug or id of the workspace.
        #[arg(required_unless_present = "all")]
        workspace: Option<String>,
        /// Verifies those of all workspaces.
        #[arg(long, conflicts_with = "workspace")]
        all: bool,
    },
    /// Vouches for the audit log of a workspace as it is now: after a backup was restored, or where the log was written before
    /// there was a master key. The log tells of it. Faults of single entries stay.
    AcceptAudit {
        /// Slug or id of the workspace.
        workspace: String,
    },
    /// Makes somebody a member of a workspace. Who is one stays as they are.
    Member {
        /// Slug or id of the workspace.
        workspace: String,
        #[command(flatten)]
        person: Who,
        /// The role they begin with: `OWNER`, `ADMIN`, `MANAGER`, `REP`, `READ_ONLY` or `COMPLIANCE`.
        #[arg(long, default_value = "REP", value_parser = built_in_role)]
        role: BuiltInRole,
    },
}

/// A person, who is made when nobody has this address.
#[derive(Debug, Args)]
struct Who {
    #[arg(long)]
    email: String,
    /// The name of a new person; what stands before the @ when left out.
    #[arg(long)]
    person: Option<String>,
    /// Reads the password of a new person from standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Tenant {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let makes_a_database = matches!(self.command, Command::Create { .. });
        let work = async |tenancy: Tenancy| {
            match self.command {
                Command::Create { name, slug, owner } => create(&tenancy, name, slug, owner).await?,
                Command::List => list(&tenancy).await?,
                Command::Delete { workspace, yes } => delete(&tenancy, &workspace, yes).await?,
                Command::RotateKey { workspace, resume } => rotate_key(&tenancy, &workspace, resume).await?,
                Command::VerifyAudit { workspace, .. } => return verify_audit(&tenancy, workspace).await,
                Command::AcceptAudit { workspace } => accept_audit(&tenancy, &workspace).await?,
                Command::Member { workspace, person, role } => member(&tenancy, &workspace, person, role).await?,
            }
            Ok(ExitCode::SUCCESS)
        };
        if makes_a_database { database::made(common, work) } else { database::with(common, work) }
    }
}

fn built_in_role(text: &str) -> Result<BuiltInRole, String> {
    BuiltInRole::named(text)
        .ok_or_else(|| format!("expected one of {}", BuiltInRole::ALL.map(BuiltInRole::key).join(", ")))
}

async fn create(tenancy: &Tenancy, name: String, slug: Option<String>, owner: Who) -> Result<(), Failure> {
    let owner = owner.find_or_make(tenancy).await?;
    let new = NewTenant { name, slug, owner: owner.id, by: None, owner_name: owner.name, owner_email: owner.email };
    let tenant = tenancy.create_or_resume_tenant(new).await?;
    answer!("{}  {}", tenant.slug, tenant.id);
    Ok(())
}

async fn list(tenancy: &Tenancy) -> Result<(), Failure> {
    for tenant in tenancy.tenants().await? {
        let state = match tenant.state {
            TenantState::Provisioning => "provisioning",
            TenantState::Active => "active",
            TenantState::Quarantined => "quarantined",
            TenantState::Deleting => "deleting",
        };
        let (slug, name, id, version) = (tenant.slug, tenant.name, tenant.id, tenant.schema_version);
        answer!("{slug:30} {state:12} {version:>4}  {id}  {name}");
    }
    Ok(())
}

async fn delete(tenancy: &Tenancy, workspace: &str, yes: bool) -> Result<(), Failure> {
    let tenant = tenancy.tenant(workspace).await?.ok_or_else(|| no_such(workspace))?;
    let name = format!("workspace {} ({}, {})", tenant.slug, tenant.name, tenant.id);
    if yes {
        tenancy.delete_tenant(tenant.id).await?;
        answer!("Deleted {name}.");
        return Ok(());
    }
    let Belongings { schema, role, tables, bytes, members, sessions } = tenancy.belongings(&tenant).await?;
    answer!("Of {name} would go:");
    answer!("  its records: schema {schema} with {tables} tables, {} KiB", bytes / 1024);
    answer!("  its database role {role}");
    answer!("  {members} memberships and {sessions} sessions; the people stay");
    Err(Failure::new("nothing was deleted: add --yes to delete it for good"))
}

async fn rotate_key(tenancy: &Tenancy, workspace: &str, resume: bool) -> Result<(), Failure> {
    let scope = tenancy.system_scope(workspace).await?.ok_or_else(|| no_such(workspace))?;
    let db = tenancy.open(&scope);
    let done = if resume { reseal::reseal(&db).await? } else { reseal::rotate(&db).await? };
    let Resealed { values, unreadable, keys_deleted } = done;
    answer!("{values} values are sealed with the current key; {keys_deleted} older keys are deleted.");
    if unreadable == 0 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{unreadable} values cannot be opened: they stay as they are, and so do their keys. The log says which when they are read"
    )))
}

async fn verify_audit(tenancy: &Tenancy, workspace: Option<String>) -> Result<ExitCode, Failure> {
    let all = match workspace {
        Some(workspace) => vec![workspace],
        None => tenancy.tenants().await?.into_iter().map(|tenant| tenant.id.to_string()).collect(),
    };
    let (mut sound, many) = (true, all.len() > 1);
    for workspace in all {
        let Some(scope) = tenancy.system_scope(&workspace).await? else {
            // One that is being made or deleted has nothing to verify.
            if many {
                continue;
            }
            return Err(no_such(&workspace));
        };
        match audit::verify(tenancy, &tenancy.open(&scope)).await {
            Ok(report) => {
                sound &= report.is_sound();
                tell_audit(scope.slug(), &report);
            }
            Err(error) if many => {
                sound = false;
                answer!("{}: cannot be verified: {}", scope.slug(), Failure::from(error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn accept_audit(tenancy: &Tenancy, workspace: &str) -> Result<(), Failure> {
    let scope = tenancy.system_scope(workspace).await?.ok_or_else(|| no_such(workspace))?;
    let sealed = audit::accept(tenancy, &tenancy.open(&scope)).await?;
    answer!("The log of {} counts as it is; {sealed} of its entries had no seal yet.", scope.slug());
    Ok(())
}

fn tell_audit(slug: &str, report: &Report) {
    let Report { events, unsigned, waiting, seals, head, faults, wrong } = report;
    answer!(
        "{slug}: {events} entries, {unsigned} of them older than the chain, {waiting} not sealed yet; {}",
        counted(*seals, "seal")
    );
    if let Some(head) = head {
        answer!("  the chain ends with {head}");
    }
    for fault in faults {
        answer!("  {fault}");
    }
    if *wrong > faults.len() as u64 {
        answer!("  and {} more", wrong - faults.len() as u64);
    }
    let is_of_the_end =
        |fault: &Fault| matches!(fault.kind, Kind::HeadMissing | Kind::HeadChanged | Kind::Truncated | Kind::Rewritten);
    if faults.iter().any(is_of_the_end) {
        answer!(
            "  If a backup was restored, or the log is older than its signatures: `rapport tenant accept-audit {slug}`"
        );
    }
    answer!("  {}", if report.is_sound() { "nothing is wrong".to_owned() } else { counted(*wrong, "fault") });
}

pub(super) fn no_such(workspace: &str) -> Failure {
    Failure::new(format!("there is no workspace {workspace:?}; `rapport tenant list` shows them"))
}

async fn member(tenancy: &Tenancy, workspace: &str, who: Who, role: BuiltInRole) -> Result<(), Failure> {
    let scope = tenancy.system_scope(workspace).await?.ok_or_else(|| no_such(workspace))?;
    let person = who.find_or_make(tenancy).await?;
    let membership = tenancy.add_member(scope.tenant(), person.id, &role.into()).await?;
    seal(tenancy, &tenancy.open(&scope)).await;
    answer!("{} is a member of {}", person.email, membership.slug);
    Ok(())
}

impl Who {
    async fn find_or_make(self, tenancy: &Tenancy) -> Result<Person, Failure> {
        let email = Email::parse(&self.email)
            .map_err(|_| Failure::new(format!("{:?} is not an e-mail address", self.email)))?;
        if let Some(person) = tenancy.person_by_email(email.as_str()).await? {
            return Ok(person);
        }
        let password_hash = if self.password_stdin { Some(read_password(&email).await?) } else { None };
        let name = self.person.unwrap_or_else(|| email.local_part().to_owned());
        let new = NewPerson { email: email.as_str().to_owned(), name, password_hash };
        let person = tenancy.create_person(new).await?;
        // Who runs the server says whose address it is.
        tenancy.vouch_for_email(person.id).await?;
        Ok(person)
    }
}

async fn read_password(email: &Email) -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let password = Password::parse(text.trim_end_matches(['\r', '\n']), email)?;
    Ok(Hasher::new(Cost::default())?.hash(password).await?)
}

fn counted(many: u64, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}
