use std::process::ExitCode;

use clap::{Args, Subcommand};
use rapport_domain::{
    event::{self, Event, security},
    member::Going,
    record::{Origin, UserError},
};
use rapport_tenancy::{Membership, Tenancy, UserId};

use super::{Common, Failure, database, sealing::seal, tenant::no_such};
use crate::{
    config::Settings,
    mail::Letters,
    members::{Known, Members},
};

/// Lists the members of a workspace, shuts them out and lets them in; helps people who have lost their second factor. `rapport tenant member` makes one.
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the members of a workspace.
    List {
        /// Slug or id of the workspace.
        workspace: String,
    },
    /// Shuts a member out and ends their sessions in this workspace. Their roles and records stay.
    Deactivate(Who),
    /// Lets a member in again, with the roles that they had.
    Reactivate(Who),
    /// Ends a membership, for good: roles go, the user record stays with what it owns.
    Remove(Who),
    /// Switches off the second factor of somebody who has lost it and their recovery codes, in all workspaces. See first
    /// that it is them who asks.
    ResetSecondFactor {
        /// The person's e-mail address.
        email: String,
    },
}

#[derive(Debug, Args)]
struct Who {
    /// Slug or id of the workspace.
    workspace: String,
    /// The member's e-mail address, or the id of their user record.
    member: String,
}

impl User {
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let settings = Settings::load(common.settings.as_deref())?;
        database::with(common, async |tenancy| {
            let workspace = match &self.command {
                Command::List { workspace } => workspace,
                Command::Deactivate(who) | Command::Reactivate(who) | Command::Remove(who) => &who.workspace,
                Command::ResetSecondFactor { email } => {
                    return reset_second_factor(&tenancy, email, settings).await;
                }
            };
            let scope = tenancy.system_scope(workspace).await?.ok_or_else(|| no_such(workspace))?;
            let (db, origin) = (tenancy.open(&scope), Origin::default());
            let members = Members { tenancy: &tenancy, db: &db, origin: &origin };
            match self.command {
                Command::List { .. } => list(members).await?,
                Command::Deactivate(who) => shut_out(members, &who, Going::Deactivated).await?,
                Command::Remove(who) => shut_out(members, &who, Going::Removed).await?,
                Command::Reactivate(who) => {
                    members.let_in(find(members, &who).await?).await?.map_err(refused)?;
                    answer!("{} may come in again.", who.member);
                }
                // Of no workspace, and done.
                Command::ResetSecondFactor { .. } => {}
            }
            seal(&tenancy, &db).await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// The log of each of their workspaces tells of it, and a mail where mail is sent.
async fn reset_second_factor(tenancy: &Tenancy, email: &str, settings: Settings) -> Result<ExitCode, Failure> {
    let unknown = || Failure::new(format!("nobody has the e-mail address {email:?}"));
    let person = tenancy.person_by_email(email).await?.ok_or_else(unknown)?;
    let letters = Letters::new(settings.http.public_url(settings.http.address));
    let news = settings.mail.is_sent().then(|| letters.second_factor_off(&person));
    if !tenancy.reset_second_factor(person.id, news.as_slice()).await? {
        return Err(Failure::new(format!("{} has no second factor", person.email)));
    }
    for Membership { tenant, user, .. } in tenancy.memberships(person.id).await? {
        let Some(scope) = tenancy.system_scope(&tenant.to_string()).await? else { continue };
        let disabled = Event::named(security::SECOND_FACTOR_DISABLED).with("user", user.to_string());
        let db = tenancy.open(&scope);
        event::note(&*db.session().await?, &Origin::default(), disabled).await?;
        seal(tenancy, &db).await;
    }
    answer!("{} signs in with the password alone now. Tell them, and to set up a new second factor.", person.email);
    Ok(ExitCode::SUCCESS)
}

async fn list(members: Members<'_>) -> Result<(), Failure> {
    for Known { member, profile, roles, is_active } in members.list().await? {
        let state = if is_active { "active" } else { "deactivated" };
        let seen = member.last_sign_in_at.map_or_else(|| "never".to_owned(), |at| at.format("%F %H:%M").to_string());
        let roles: Vec<_> = roles.into_iter().map(|role| role.name).collect();
        let name = profile.map(|profile| profile.name).unwrap_or_default();
        answer!("{}  {state:12} {seen:17} {}  [{}]  {name}", member.user, member.email, roles.join(", "));
    }
    Ok(())
}

async fn shut_out(members: Members<'_>, who: &Who, going: Going) -> Result<(), Failure> {
    let sessions = members.shut_out(find(members, who).await?, going).await?.map_err(refused)?;
    let how = if going == Going::Removed { "is a member no more" } else { "is shut out" };
    answer!("{} {how}; {} sessions ended.", who.member, sessions.len());
    Ok(())
}

async fn find(members: Members<'_>, who: &Who) -> Result<UserId, Failure> {
    let id: Option<UserId> = who.member.parse().ok();
    let is_meant =
        |known: &Known| id == Some(known.member.user) || known.member.email.eq_ignore_ascii_case(&who.member);
    let found = members.list().await?.into_iter().find(is_meant);
    let unknown = || Failure::new(format!("there is no member {:?}; `rapport user list` shows them", who.member));
    found.map(|known| known.member.user).ok_or_else(unknown)
}

fn refused(error: UserError) -> Failure {
    Failure::new(error.message)
}
