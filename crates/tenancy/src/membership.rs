use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use uuid::Uuid;

use crate::{
    BuiltInRole, Ended, Error, PersonId, SessionsOf, Tenancy, TenantId, UserId,
    control::{membership, person, sql, tenant},
    provision,
    scope::is_served,
    session,
};

/// A person's place in a tenant.
#[derive(Clone, Debug)]
pub struct Membership {
    pub tenant: TenantId,
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    pub user: UserId,
}

/// A membership as the tenant sees it.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: PersonId,
    pub user: UserId,
    /// What they sign in with.
    pub email: String,
    pub joined_at: DateTime<Utc>,
    pub deactivated_at: Option<DateTime<Utc>>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// What a new member begins with.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    /// Ids of roles of the tenant; those that are gone by then are left out.
    pub roles: Vec<Uuid>,
    pub team: Option<Uuid>,
}

impl From<BuiltInRole> for Joining {
    fn from(role: BuiltInRole) -> Self {
        Self { roles: vec![role.id()], team: None }
    }
}

impl Tenancy {
    /// In the order of joining; tenants that can be used only.
    pub async fn memberships(&self, person: PersonId) -> Result<Vec<Membership>, Error> {
        let rows = membership::Entity::find()
            .find_also_related(tenant::Entity)
            .filter(membership::Column::PersonId.eq(person))
            .order_by_asc(membership::Column::CreatedAt)
            .order_by_asc(membership::Column::TenantId)
            .all(self.control().db())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(member, tenant)| tenant.map(|tenant| (member, tenant)))
            .filter(|(member, tenant)| member.opens() && is_served(tenant))
            .map(|(member, tenant)| Membership::of(&member, tenant))
            .collect())
    }

    /// Whether the user is a person's, deactivated or not.
    pub async fn is_member(&self, tenant: TenantId, user: UserId) -> Result<bool, Error> {
        let found = membership::Entity::find()
            .filter(membership::Column::TenantId.eq(tenant))
            .filter(membership::Column::UserId.eq(user))
            .one(self.control().db())
            .await?;
        Ok(found.is_some())
    }

    /// Also makes the user's record in the tenant's schema, with its roles. Somebody who is a member stays as they are.
    #[tracing::instrument(name = "tenant.add_member", skip_all, fields(tenant.id = %tenant, person.id = %person))]
    pub async fn add_member(&self, tenant: TenantId, person: PersonId, joining: &Joining) -> Result<Membership, Error> {
        let db = self.control().db();
        let Some(home) = tenant::Entity::find_by_id(tenant).one(db).await?.filter(is_served) else {
            return Err(Error::NoSuchTenant { tenant });
        };
        membership::Entity::insert(row(tenant, person, joining))
            .on_conflict(
                OnConflict::columns([membership::Column::TenantId, membership::Column::PersonId])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(db)
            .await?;
        let found = membership::Entity::find_by_id((tenant, person)).one(db).await?;
        let member = found.ok_or(Error::NoSuchTenant { tenant })?;
        if member.ready_at.is_none() {
            provision::admit_members(self, tenant).await?;
        }
        self.forget_tenant(tenant);
        Ok(Membership::of(&member, home))
    }
}

/// A member whose user record has yet to follow a change of the person's name or address.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Outdated {
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    #[sea_orm(from_alias = "person_id")]
    pub person: PersonId,
    #[sea_orm(from_alias = "user_id")]
    pub user: UserId,
    pub email: String,
}

const OUTDATED: &str = "
SELECT m.tenant_id, m.person_id, m.user_id, p.email
FROM control.memberships m JOIN control.people p ON p.id = m.person_id JOIN control.tenants t ON t.id = m.tenant_id
WHERE m.outdated_since IS NOT NULL AND m.ready_at IS NOT NULL AND t.state IN ('ACTIVE', 'QUARANTINED')
ORDER BY m.outdated_since LIMIT 100";

impl Tenancy {
    /// The members whose user records have to follow, those that wait longest first.
    pub async fn outdated_members(&self) -> Result<Vec<Outdated>, Error> {
        Ok(Outdated::find_by_statement(sql(OUTDATED, [])).all(self.control().db()).await?)
    }

    /// The user's record could not follow: those of others go first next time.
    pub async fn put_off(&self, member: &Outdated) -> Result<(), Error> {
        let last = "UPDATE control.memberships SET outdated_since = now() \
                    WHERE tenant_id = $1 AND person_id = $2 AND outdated_since IS NOT NULL";
        self.control().db().execute_raw(sql(last, [member.tenant.into(), member.person.into()])).await?;
        Ok(())
    }

    /// The user's record says what the person does, unless the person has changed again.
    pub async fn member_is_current(&self, member: &Outdated) -> Result<(), Error> {
        let current = "
            UPDATE control.memberships m SET outdated_since = NULL
            FROM control.people p WHERE p.id = m.person_id AND m.tenant_id = $1 AND m.person_id = $2 AND p.email = $3";
        let values = [member.tenant.into(), member.person.into(), member.email.as_str().into()];
        self.control().db().execute_raw(sql(current, values)).await?;
        Ok(())
    }
}

/// Makes somebody a member, with whatever else the transaction does. Who is one stays as they are.
pub(crate) async fn join(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
    joining: &Joining,
) -> Result<(), DbErr> {
    let known = [membership::Column::TenantId, membership::Column::PersonId];
    membership::Entity::insert(row(tenant, person, joining))
        .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

fn row(tenant: TenantId, person: PersonId, joining: &Joining) -> membership::ActiveModel {
    membership::ActiveModel {
        tenant_id: Set(tenant),
        person_id: Set(person),
        user_id: Set(UserId::new()),
        starts_with: Set(joining.roles.iter().map(ToString::to_string).collect::<Vec<_>>().into()),
        team_id: Set(joining.team),
        ready_at: NotSet,
        deactivated_at: NotSet,
        last_sign_in_at: NotSet,
        created_at: NotSet,
    }
}

impl Tenancy {
    /// Who came into a tenant, shut out or not, in the order of joining.
    pub async fn members(&self, tenant: TenantId) -> Result<Vec<Member>, Error> {
        let rows = membership::Entity::find()
            .find_also_related(person::Entity)
            .filter(membership::Column::TenantId.eq(tenant))
            .filter(membership::Column::ReadyAt.is_not_null())
            .order_by_asc(membership::Column::CreatedAt)
            .order_by_asc(membership::Column::UserId)
            .all(self.control().db())
            .await?;
        Ok(rows.into_iter().filter_map(|(member, person)| Some(Member::of(&member, person?))).collect())
    }

    pub async fn member(&self, tenant: TenantId, user: UserId) -> Result<Option<Member>, Error> {
        let found = membership::Entity::find()
            .find_also_related(person::Entity)
            .filter(membership::Column::TenantId.eq(tenant))
            .filter(membership::Column::UserId.eq(user))
            .filter(membership::Column::ReadyAt.is_not_null())
            .one(self.control().db())
            .await?;
        Ok(found.and_then(|(member, person)| Some(Member::of(&member, person?))))
    }

    /// From now on the membership opens nothing. Answers the sessions that this ended.
    pub async fn deactivate_membership(&self, tenant: TenantId, person: PersonId) -> Result<Vec<Ended>, Error> {
        let deactivate = "UPDATE control.memberships SET deactivated_at = coalesce(deactivated_at, now()) \
             WHERE tenant_id = $1 AND person_id = $2";
        self.shut_out(tenant, person, deactivate).await
    }

    /// The person is a member no more. Answers the sessions that this ended.
    pub async fn remove_membership(&self, tenant: TenantId, person: PersonId) -> Result<Vec<Ended>, Error> {
        let remove = "DELETE FROM control.memberships WHERE tenant_id = $1 AND person_id = $2";
        self.shut_out(tenant, person, remove).await
    }

    pub async fn reactivate_membership(&self, tenant: TenantId, person: PersonId) -> Result<(), Error> {
        let reactivate = "UPDATE control.memberships SET deactivated_at = NULL WHERE tenant_id = $1 AND person_id = $2";
        self.control().db().execute_raw(sql(reactivate, [tenant.into(), person.into()])).await?;
        self.forget_tenant(tenant);
        Ok(())
    }

    pub async fn note_sign_in(&self, tenant: TenantId, person: PersonId) -> Result<(), Error> {
        let note = "UPDATE control.memberships SET last_sign_in_at = now() WHERE tenant_id = $1 AND person_id = $2";
        self.control().db().execute_raw(sql(note, [tenant.into(), person.into()])).await?;
        Ok(())
    }

    /// One transaction: nobody is shut out with a session left, or with an invitation by which they come in again.
    async fn shut_out(&self, tenant: TenantId, person: PersonId, how: &str) -> Result<Vec<Ended>, Error> {
        let values = || [tenant.into(), person.into()];
        let tx = self.control().begin().await?;
        tx.execute_raw(sql(how, values())).await?;
        let invited = "UPDATE control.invitations SET revoked_at = now() \
             WHERE tenant_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND revoked_at IS NULL";
        tx.execute_raw(sql(invited, values())).await?;
        // So that nodes can be told.
        let ended = session::end(&tx, SessionsOf::PersonIn(person, tenant)).await?;
        tx.commit().await?;
        self.forget_tenant(tenant);
        Ok(ended)
    }
}

impl Member {
    fn of(member: &membership::Model, person: person::Model) -> Self {
        Self {
            person: member.person_id,
            user: member.user_id,
            email: person.email,
            joined_at: member.created_at,
            deactivated_at: member.deactivated_at,
            last_sign_in_at: member.last_sign_in_at,
        }
    }
}

impl Membership {
    fn of(member: &membership::Model, tenant: tenant::Model) -> Self {
        Self { tenant: tenant.id, slug: tenant.slug, name: tenant.name, user: member.user_id }
    }
}
