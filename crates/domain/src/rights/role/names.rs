//! What a role allows, by the names that objects and fields have now.

use serde_json::Value as Json;

use crate::{
    catalog::Catalog,
    rights::{Administration, FieldAccess, ObjectRights, RoleRights, rule},
};

#[derive(Debug, Clone, PartialEq)]
pub struct NamedRights {
    pub administration: Vec<Administration>,
    pub others: ObjectRights,
    /// In the order of the catalog. What is archived is left out, and kept.
    pub objects: Vec<NamedObject>,
    pub fields: Vec<NamedField>,
    pub restricted_fields: FieldAccess,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NamedObject {
    pub object: String,
    /// With the rule by names.
    pub rights: ObjectRights,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedField {
    pub object: String,
    pub field: String,
    pub access: FieldAccess,
}

impl RoleRights {
    /// `catalog` is the whole one.
    pub fn by_names(&self, catalog: &Catalog) -> NamedRights {
        let (mut objects, mut fields) = (Vec::new(), Vec::new());
        for object in catalog.objects() {
            let (key, name) = (object.key(), object.name.to_string());
            if let Some(rights) = self.objects.get(&key) {
                let named = |rule: &Json| rule::by_names(catalog, object, rule);
                let rule = rights.rule.as_ref().and_then(named);
                objects.push(NamedObject { object: name.clone(), rights: ObjectRights { rule, ..rights.clone() } });
            }
            let Some(named) = self.fields.get(&key) else { continue };
            let accessed = object.fields().iter().filter_map(|field| Some((field, *named.get(&field.key())?)));
            fields.extend(accessed.map(|(field, access)| NamedField {
                object: name.clone(),
                field: field.name.to_string(),
                access,
            }));
        }
        NamedRights {
            administration: self.administration.clone(),
            others: self.others.clone(),
            objects,
            fields,
            restricted_fields: self.restricted_fields,
        }
    }
}
