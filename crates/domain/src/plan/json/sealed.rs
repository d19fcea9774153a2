//! Values that are opened on their way into the answer.

use std::sync::Arc;

use rapport_tenancy::SecretPlace;
use uuid::Uuid;

use super::{Writer, custom};
use crate::plan::{record::SealedForm, unreadable::Unreadable};

impl Writer<'_> {
    /// A value that cannot be opened is null, and noted.
    pub(super) fn sealed(
        &mut self,
        kept: &[u8],
        (object, field, record): (&Arc<str>, &Arc<str>, Uuid),
        form: &SealedForm,
    ) {
        let kept = serde_json::from_slice(kept).unwrap_or_default();
        match self.keys.open(SecretPlace { object, field, record }, &kept) {
            Ok(opened) => self.opened(&opened, form),
            Err(reason) => {
                let (object, field) = (object.clone(), field.clone());
                self.unreadable.push(Unreadable { path: Vec::new(), object, field, record, reason });
                self.null();
            }
        }
    }

    fn opened(&mut self, json: &[u8], form: &SealedForm) {
        match form {
            SealedForm::Value(form) => match std::str::from_utf8(json) {
                Ok(json) => custom::write(self.out, json, *form),
                Err(_) => self.null(),
            },
            SealedForm::Money(parts) => match custom::money(json) {
                Some((minor, currency)) => self.money(i128::from(minor), &currency, parts),
                None => self.null(),
            },
            SealedForm::Parts(parts) => self.text_parts(Some(json), parts),
        }
    }
}
