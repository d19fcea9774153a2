//! `recordShares`, `shareRecord`, `unshareRecord`: a record for somebody beyond the reach of their roles.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputValue, Object, ResolverContext, TypeRef},
};
use chrono::SecondsFormat;
use rapport_domain::{
    catalog::Catalog,
    record,
    rights::{
        Action, Administration,
        share::{self, Access, Grantee},
    },
};
use rapport_tenancy::AccessScope;
use serde::Serialize;
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError, id, maybe_id},
    registrar::text,
    rights_change::{begin, end, forbidden},
    role_types::{RECORD_NAME, RecordName},
};
use crate::graphql::schema::{Types, choices, input_field, member, user_errors};

pub const RECORD_SHARE: &str = "RecordShare";
const SHARE_ACCESS: &str = "ShareAccess";
const SHARE_PAYLOAD: &str = "ShareRecordPayload";
const UNSHARE_PAYLOAD: &str = "UnshareRecordPayload";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    id: Uuid,
    user: Option<RecordName>,
    team: Option<RecordName>,
    access: &'static str,
    created_by: Option<RecordName>,
    created_at: String,
}

impl From<share::Share> for Share {
    fn from(share: share::Share) -> Self {
        let name = share.grantee_name;
        let (user, team) = match share.grantee {
            Grantee::User(id) => (Some(RecordName { id, name }), None),
            Grantee::Team(id) => (None, Some(RecordName { id, name })),
        };
        Self {
            id: share.id,
            user,
            team,
            access: share.access.as_str(),
            created_by: share.created_by.map(|id| RecordName { id, name: share.created_by_name }),
            created_at: share.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        }
    }
}

fn object() -> InputValue {
    input_field("object", TypeRef::named_nn(TypeRef::STRING), "Name of the object: `Contact`.")
}

fn record_id() -> InputValue {
    input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the record.")
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("recordShares", TypeRef::named_nn_list(RECORD_SHARE), |ctx| {
            FieldFuture::new(async move { shares(&ctx).await })
        })
        .description(
            "The shares of a record, the oldest first; null when there is no such record. For people who may share it.",
        )
        .argument(object())
        .argument(record_id()),
    ]
}

async fn shares(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let session = asked.app.tenancy.open(&asked.member()?.scope).session().await.map_err(asked::database)?;
    let listed = share::list(&session, &text(ctx, "object")?, id(ctx, "id")).await.map_err(asked::database)?;
    let Some(listed) = listed else { return Ok(None) };
    let shares = listed.map_err(|error| forbidden(&error))?;
    Ok(Some(asked::present(&shares.into_iter().map(Share::from).collect::<Vec<_>>())?))
}

/// Which only those have in their graph who may change, or share, any record.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !is_sharer(catalog) {
        return Vec::new();
    }
    let with = |field: Field| {
        field
            .argument(object())
            .argument(record_id())
            .argument(input_field("userId", TypeRef::named(TypeRef::ID), "Id of the user; or else `teamId`."))
            .argument(input_field(
                "teamId",
                TypeRef::named(TypeRef::ID),
                "The team. The share also reaches the people of the teams above and below it, and the leaders of it and of the teams above.",
            ))
    };
    let share = Field::new("shareRecord", TypeRef::named(SHARE_PAYLOAD), |ctx| {
        FieldFuture::new(async move { share(&ctx).await })
    });
    let unshare = Field::new("unshareRecord", TypeRef::named(UNSHARE_PAYLOAD), |ctx| {
        FieldFuture::new(async move { unshare(&ctx).await })
    });
    vec![
        with(share.description(
            "Shares a record that you may change with a user or a team, or changes the share. It works for people whose roles let them see (or change) at least some records of the object.",
        ))
        .argument(
            input_field("access", TypeRef::named(SHARE_ACCESS), "What they may do with it.")
                .default_value(async_graphql::Value::Enum(async_graphql::Name::new(Access::Read.as_str()))),
        ),
        with(unshare.description("Ends the share of a record with a user or a team.")),
    ]
}

fn is_sharer(catalog: &Catalog) -> bool {
    let changes = |object: &std::sync::Arc<_>| !catalog.granted(object).reach(Action::Update).is_none();
    let shares = catalog.may(Administration::Roles) || catalog.objects().iter().any(changes);
    shares && catalog.rights().carries(AccessScope::Members)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    share: Option<Share>,
    user_errors: Vec<UserError>,
}

impl Told {
    fn refused(message: &str) -> Self {
        let error = record::UserError::new(record::code::INVALID_VALUE, message).under("userId");
        Self { share: None, user_errors: vec![error.into()] }
    }
}

/// A user or a team, one of them.
fn grantee(ctx: &ResolverContext<'_>) -> Option<Grantee> {
    match (maybe_id(ctx, "userId"), maybe_id(ctx, "teamId")) {
        (Some(user), None) => Some(Grantee::User(user)),
        (None, Some(team)) => Some(Grantee::Team(team)),
        _ => None,
    }
}

const ONE: &str = "Say either `userId` or `teamId`.";

async fn share(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.member()?;
    let Some(with) = grantee(ctx) else { return Ok(Some(asked::present(&Told::refused(ONE))?)) };
    let is_update = ctx.args.get("access").is_some_and(|given| given.enum_name() == Ok(Access::Update.as_str()));
    let access = if is_update { Access::Update } else { Access::Read };
    let tx = begin(asked).await?;
    let answer = share::share(&tx, &text(ctx, "object")?, id(ctx, "id"), with, access, &asked.origin).await;
    let (share, user_errors) = end(asked, answer, tx).await?;
    Ok(Some(asked::present(&Told { share: share.map(Share::from), user_errors })?))
}

async fn unshare(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.member()?;
    let Some(with) = grantee(ctx) else { return Ok(Some(asked::present(&Told::refused(ONE))?)) };
    let tx = begin(asked).await?;
    let answer = share::unshare(&tx, &text(ctx, "object")?, id(ctx, "id"), with, &asked.origin).await;
    let (_, user_errors) = end(asked, answer, tx).await?;
    Ok(Some(asked::present(&Told { share: None, user_errors })?))
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    types.add(
        Object::new(RECORD_SHARE)
            .description("A share opens one record to a user or a team, beyond the reach of their roles.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the share."))
            .field(member("user", TypeRef::named(RECORD_NAME), "The user it is shared with; null when it is a team."))
            .field(member("team", TypeRef::named(RECORD_NAME), "The team it is shared with; null when it is a user."))
            .field(member("access", TypeRef::named_nn(SHARE_ACCESS), "What they may do with it."))
            .field(member("createdBy", TypeRef::named(RECORD_NAME), "The user who shared it."))
            .field(member("createdAt", TypeRef::named_nn("DateTime"), "When it was shared.")),
    );
    types.add(choices(
        SHARE_ACCESS,
        "What somebody may do with a record that is shared with them.",
        [(Access::Read.as_str(), "See it."), (Access::Update.as_str(), "See and change it.")],
    ));
    if !is_sharer(catalog) {
        return;
    }
    types.add(
        Object::new(SHARE_PAYLOAD)
            .description("Result of sharing a record.")
            .field(member("share", TypeRef::named(RECORD_SHARE), "The share as it is afterwards; null when refused."))
            .field(user_errors()),
    );
    types.add(Object::new(UNSHARE_PAYLOAD).description("Result of ending a share.").field(user_errors()));
}
