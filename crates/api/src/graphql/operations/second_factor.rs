//! A person's second factor: an authenticator app and recovery codes.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use serde::Serialize;

use super::asked::{self, Asked, UserError};
use crate::{
    auth::{self, Principal, Refusal},
    graphql::schema::{Types, input_field, member, user_errors},
};

const SECOND_FACTOR: &str = "SecondFactor";
const START_TOTP_PAYLOAD: &str = "StartTotpPayload";
const RECOVERY_CODES_PAYLOAD: &str = "RecoveryCodesPayload";
const DISABLE_TOTP_PAYLOAD: &str = "DisableTotpPayload";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecondFactor {
    enabled_at: String,
    recovery_codes_left: i64,
}

/// The payloads of all of them: each shows what it declares.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    secret: Option<String>,
    uri: Option<String>,
    recovery_codes: Option<Vec<String>>,
    user_errors: Vec<UserError>,
}

impl From<Refusal> for Payload {
    fn from(refusal: Refusal) -> Self {
        Self { user_errors: vec![UserError::from(&refusal)], ..Self::default() }
    }
}

/// `me { secondFactor }`.
pub fn of_me() -> Field {
    Field::new("secondFactor", TypeRef::named(SECOND_FACTOR), |ctx| FieldFuture::new(async move { state(&ctx).await }))
        .description("Your second factor; null when off.")
}

async fn state(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let person = asked.person()?.person;
    let state = asked.app.tenancy.second_factor_state(person).await.map_err(|error| asked::internal(&error))?;
    let told = state.map(|state| SecondFactor {
        enabled_at: asked::moment(state.confirmed_at),
        recovery_codes_left: state.recovery_codes,
    });
    told.map(|told| asked::present(&told)).transpose()
}

pub fn mutations() -> Vec<Field> {
    let text = |name, about| input_field(name, TypeRef::named_nn(TypeRef::STRING), about);
    let password = || text("password", "Your password, to confirm that it is you.");
    let code = || text("code", "A code of your authenticator app, or a recovery code.");
    vec![
        Field::new("startTotp", TypeRef::named(START_TOTP_PAYLOAD), |ctx| {
            FieldFuture::new(async move { start(&ctx).await })
        })
        .description("Begins to set up an authenticator app. Sign-ins stay as they are until `confirmTotp`.")
        .argument(password()),
        Field::new("confirmTotp", TypeRef::named(RECOVERY_CODES_PAYLOAD), |ctx| {
            FieldFuture::new(async move { confirm(&ctx).await })
        })
        .description("Switches the second factor on: from now on a sign-in asks for a code.")
        .argument(text("code", "The code that your authenticator app shows.")),
        Field::new("disableTotp", TypeRef::named(DISABLE_TOTP_PAYLOAD), |ctx| {
            FieldFuture::new(async move { disable(&ctx).await })
        })
        .description("Switches the second factor off.")
        .argument(password())
        .argument(code()),
        Field::new("regenerateRecoveryCodes", TypeRef::named(RECOVERY_CODES_PAYLOAD), |ctx| {
            FieldFuture::new(async move { renew(&ctx).await })
        })
        .description("Makes ten new recovery codes. The previous ones stop working.")
        .argument(password())
        .argument(code()),
    ]
}

async fn start(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let started = asked.app.auth.start_totp(person(asked)?, text(ctx, "password")?, &asked.from).await;
    answer(started.map(|enrolment| Payload {
        secret: Some(enrolment.secret),
        uri: Some(enrolment.uri),
        ..Payload::default()
    }))
}

async fn confirm(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    answer(asked.app.auth.confirm_totp(person(asked)?, &text(ctx, "code")?, &asked.from).await.map(codes))
}

async fn disable(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let (password, code) = (text(ctx, "password")?, text(ctx, "code")?);
    let disabled = asked.app.auth.disable_totp(person(asked)?, password, &code, &asked.from).await;
    answer(disabled.map(|()| Payload::default()))
}

async fn renew(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let (password, code) = (text(ctx, "password")?, text(ctx, "code")?);
    answer(asked.app.auth.renew_recovery_codes(person(asked)?, password, &code, &asked.from).await.map(codes))
}

/// The member who asks, as long as it is a person.
fn person(asked: &Asked) -> Result<&Principal> {
    asked.person()?;
    asked.member()
}

fn codes(recovery_codes: Vec<String>) -> Payload {
    Payload { recovery_codes: Some(recovery_codes), ..Payload::default() }
}

fn text(ctx: &ResolverContext<'_>, name: &str) -> Result<String> {
    Ok(ctx.args.try_get(name)?.string()?.to_owned())
}

fn answer(outcome: std::result::Result<Payload, auth::Error>) -> Result<Option<Value>> {
    let payload = match outcome {
        Ok(payload) => payload,
        Err(auth::Error::Refused(refusal)) => refusal.into(),
        Err(error) => return Err(asked::internal(&error)),
    };
    Ok(Some(asked::present(&payload)?))
}

pub fn declare(types: &mut Types) {
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        Object::new(SECOND_FACTOR)
            .description("A second factor: a sign-in asks for a code as well.")
            .field(member("enabledAt", TypeRef::named_nn("DateTime"), "When it was switched on."))
            .field(member(
                "recoveryCodesLeft",
                TypeRef::named_nn(TypeRef::INT),
                "Recovery codes that were not used yet.",
            )),
    );
    types.add(
        Object::new(START_TOTP_PAYLOAD)
            .description("The secret for an authenticator app. It is shown only now.")
            .field(member("secret", maybe(), "The secret, for typing it in."))
            .field(member("uri", maybe(), "The same for scanning: the content of the QR code (`otpauth://totp/...`)."))
            .field(user_errors()),
    );
    types.add(
        Object::new(RECOVERY_CODES_PAYLOAD)
            .description(
                "Recovery codes, for when the authenticator app is lost. Each works once. They are shown only now.",
            )
            .field(member("recoveryCodes", TypeRef::named_nn_list(TypeRef::STRING), "Ten codes to keep on paper."))
            .field(user_errors()),
    );
    types.add(
        Object::new(DISABLE_TOTP_PAYLOAD)
            .description("Result of switching the second factor off.")
            .field(user_errors()),
    );
}
