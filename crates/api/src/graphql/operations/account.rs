//! What people do with their own account: `verifyEmail`, `resendVerification`, `requestPasswordReset`, `resetPassword`,
//! `changePassword`, `changeEmail`, `confirmEmailChange`, `cancelEmailChange`.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use serde::Serialize;

use super::asked::{self, Asked, UserError};
use crate::{
    auth::{self, Refusal},
    following,
    graphql::schema::{Types, input_field, user_errors},
};

const PAYLOAD: &str = "AccountPayload";

/// `AccountPayload`: nothing but why it was refused.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    user_errors: Vec<UserError>,
}

/// One of these operations.
#[derive(Clone, Copy)]
enum Act {
    VerifyEmail,
    ResendVerification,
    RequestPasswordReset,
    ResetPassword,
    ChangePassword,
    ChangeEmail,
    ConfirmEmailChange,
    CancelEmailChange,
}

impl Act {
    const ALL: [Self; 8] = [
        Self::VerifyEmail,
        Self::ResendVerification,
        Self::RequestPasswordReset,
        Self::ResetPassword,
        Self::ChangePassword,
        Self::ChangeEmail,
        Self::ConfirmEmailChange,
        Self::CancelEmailChange,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verifyEmail",
            Self::ResendVerification => "resendVerification",
            Self::RequestPasswordReset => "requestPasswordReset",
            Self::ResetPassword => "resetPassword",
            Self::ChangePassword => "changePassword",
            Self::ChangeEmail => "changeEmail",
            Self::ConfirmEmailChange => "confirmEmailChange",
            Self::CancelEmailChange => "cancelEmailChange",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::VerifyEmail => "Confirms the address of a sign-up by the link in its mail. Needs no session.",
            Self::ResendVerification => "Sends the mail that confirms your address again.",
            Self::RequestPasswordReset => {
                "Sends a link to choose a new password, if there is an account with this address; the answer is the same if not. Needs no session."
            }
            Self::ResetPassword => {
                "Sets a new password by the link in a mail, and ends all sessions. Sign in afterwards. Needs no session."
            }
            Self::ChangePassword => "Sets a new password, and ends your other sessions.",
            Self::ChangeEmail => {
                "Sends a link to the new address and a notice to the old one. Your address changes when you open the link."
            }
            Self::ConfirmEmailChange => "Makes a new address yours by the link in its mail. Needs no session.",
            Self::CancelEmailChange => {
                "Cancels a change of address that is not confirmed yet, by the link in the mail to the old address. Needs no session."
            }
        }
    }

    /// Names of the texts that it takes, and what they are.
    fn arguments(self) -> &'static [(&'static str, &'static str)] {
        const TOKEN: (&str, &str) = ("token", "The token of the link: the text after `#token=`.");
        const EMAIL: (&str, &str) = ("email", "E-mail address.");
        const CURRENT: (&str, &str) = ("currentPassword", "Your present password.");
        match self {
            Self::VerifyEmail | Self::ConfirmEmailChange | Self::CancelEmailChange => &[TOKEN],
            Self::ResendVerification => &[],
            Self::RequestPasswordReset => &[EMAIL],
            Self::ResetPassword => &[TOKEN, ("password", "The new password, 8 characters or more.")],
            Self::ChangePassword => &[CURRENT, ("newPassword", "The new password, 8 characters or more.")],
            Self::ChangeEmail => &[EMAIL, CURRENT],
        }
    }

    fn field(self) -> Field {
        let field = Field::new(self.name(), TypeRef::named(PAYLOAD), move |ctx| {
            FieldFuture::new(async move { self.answer(&ctx).await })
        });
        self.arguments().iter().fold(field.description(self.about()), |field, (name, about)| {
            field.argument(input_field(*name, TypeRef::named_nn(TypeRef::STRING), about))
        })
    }

    async fn answer(self, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
        let asked = Asked::of(ctx)?;
        let payload = match self.run(ctx, asked).await? {
            Ok(()) => Payload::default(),
            Err(auth::Error::Refused(refusal)) => Payload { user_errors: vec![self.told(&refusal)] },
            Err(error) => return Err(asked::internal(&error)),
        };
        Ok(Some(asked::present(&payload)?))
    }

    async fn run(self, ctx: &ResolverContext<'_>, asked: &Asked) -> Result<std::result::Result<(), auth::Error>> {
        let text = |name: &str| ctx.args.try_get(name).and_then(|value| value.string().map(str::to_owned));
        let (auth, client) = (&asked.app.auth, &asked.from);
        Ok(match self {
            Self::VerifyEmail => auth.verify_email(&text("token")?, client).await,
            Self::ResendVerification => auth.resend_verification(asked.member()?).await,
            Self::RequestPasswordReset => auth.forgot_password(&text("email")?, client).await,
            Self::ResetPassword => auth.reset_password(&text("token")?, text("password")?, client).await,
            Self::ChangePassword => {
                let (current, new) = (text("currentPassword")?, text("newPassword")?);
                auth.change_password(asked.member()?, current, new, client).await
            }
            Self::ChangeEmail => {
                let (email, current) = (text("email")?, text("currentPassword")?);
                auth.change_email(asked.member()?, &email, current, client).await
            }
            Self::ConfirmEmailChange => {
                let confirmed = auth.confirm_email(&text("token")?, client).await;
                if confirmed.is_ok() {
                    following::start(&asked.app);
                }
                confirmed.map(drop)
            }
            Self::CancelEmailChange => auth.cancel_email(&text("token")?, client).await,
        })
    }

    fn told(self, refusal: &Refusal) -> UserError {
        let error = UserError::from(refusal);
        match (self, refusal.field()) {
            (Self::ChangePassword, Some("password")) => UserError { field: vec!["newPassword".to_owned()], ..error },
            _ => error,
        }
    }
}

pub fn mutations() -> Vec<Field> {
    Act::ALL.into_iter().map(Act::field).collect()
}

pub fn declare(types: &mut Types) {
    types.add(Object::new(PAYLOAD).description("Result of a change to an account.").field(user_errors()));
}
