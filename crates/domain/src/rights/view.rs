use std::sync::Arc;

use rapport_tenancy::{DbError, TenantConn};

use super::{Holder, Viewer, load};
use crate::catalog::Catalog;

/// A viewer's view of a tenant: the catalog that they see, and the values that conditions compare with.
#[derive(Debug, Clone, Copy)]
pub struct View<'v> {
    pub catalog: &'v Catalog,
    pub viewer: &'v Viewer,
}

impl<'v> View<'v> {
    /// Of a viewer who may do everything and is no user.
    pub fn of_system(catalog: &'v Catalog) -> Self {
        static NOBODY: Viewer = Viewer::nobody();
        Self { catalog, viewer: &NOBODY }
    }
}

/// The same, owned.
#[derive(Debug, Clone)]
pub struct Sight {
    pub catalog: Arc<Catalog>,
    pub viewer: Arc<Viewer>,
}

impl Sight {
    /// Of the subject of the scope of `conn`, over a catalog made a moment ago.
    pub async fn over(conn: &TenantConn, whole: Catalog) -> Result<Self, DbError> {
        let Holder { rights, viewer } = load(conn).await?;
        let catalog = Arc::new(whole).visible_to(&Arc::new(rights));
        Ok(Self { catalog, viewer: Arc::new(viewer) })
    }

    pub fn view(&self) -> View<'_> {
        View { catalog: &self.catalog, viewer: &self.viewer }
    }
}
