use std::io::Read;

use rapport_tenancy::{DbError, TenantConn, TenantDb};
use sha2::{Digest, Sha256};

use super::{
    Error, Files, Mapping, Problem, Request,
    bind::{Pass, bind},
    fields::{self, Wanted},
    survey::{Survey, survey},
};
use crate::{
    catalog::{
        Catalog,
        registry::{FieldRow, Registry},
    },
    record::Origin,
    rights::Sight,
};

/// An import that was looked at from all sides and not begun: mapping, catalog and files go together.
pub(super) struct Prepared {
    pub name: String,
    pub mapping: Mapping,
    pub files: Files,
    pub dry_run: bool,
    pub origin: Origin,
    pub passes: Vec<Pass>,
    pub survey: Survey,
    pub wanted: Wanted,
    pub fingerprint: String,
}

/// Reads the mapping and every file, and writes nothing.
pub(super) async fn prepare(db: &TenantDb, request: Request) -> Result<Prepared, Error> {
    let Request { name, mapping: text, files, dry_run, origin } = request;
    let mapping = Mapping::parse(&name, &text)?;
    let there = sight(&*db.session().await?, &[]).await?.catalog;
    let missing = fields::missing(&mapping, &name, &there)?;
    let preview = sight(&*db.session().await?, &missing).await?.catalog;
    let passes = bind(&mapping, &name, &preview)?;
    let look = {
        let (mapping, passes, files) = (mapping.clone(), passes.clone(), files.clone());
        move || {
            let survey = survey(&passes, &files, |pass, slot| fields::collects(&mapping, pass, slot))?;
            Ok::<_, Vec<Problem>>((survey, digest(&text, &mapping.files(), &files)?))
        }
    };
    let (survey, fingerprint) = tokio::task::spawn_blocking(look).await.map_err(|_| Error::Ended)??;
    let wanted = fields::wanted(&mapping, &preview, missing, &survey)?;
    Ok(Prepared { name, mapping, files, dry_run, origin, passes, survey, wanted, fingerprint })
}

/// What the caller may see and write, with fields that are not made yet.
pub(super) async fn sight(conn: &TenantConn, more: &[FieldRow]) -> Result<Sight, DbError> {
    let mut registry = Registry::read(conn).await?;
    registry.fields.extend_from_slice(more);
    Sight::over(conn, Catalog::with(&registry)).await
}

/// The same for the same mapping and files; see [`was_done`](super::was_done).
pub fn fingerprint(request: &Request) -> Result<String, Vec<Problem>> {
    let mapping = Mapping::parse(&request.name, &request.mapping)?;
    digest(&request.mapping, &mapping.files(), &request.files)
}

fn digest(mapping: &str, names: &[&str], files: &Files) -> Result<String, Vec<Problem>> {
    let mut hash = Sha256::new();
    hash.update(mapping);
    let mut buffer = vec![0; 64 * 1024];
    for name in names {
        hash.update([0]);
        let mut file = files.open(name).map_err(|problem| vec![problem])?;
        while let Ok(read @ 1..) = file.read(&mut buffer) {
            hash.update(&buffer[..read]);
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}
