//! Tables and promoted columns of entities: made when first wanted, filled in batches, indexed, used when ready.

use kezhi_types::query::Layout;

use crate::error::Error;
use crate::store::Store;

/// How far the filling of promoted columns is, told after every batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The entity whose table is being filled.
    pub entity: String,
    /// Records done.
    pub done: i64,
    /// Records in all.
    pub total: i64,
}

impl Store {
    /// Makes the tables of these entities, adds and fills their promoted columns, makes their indexes and
    /// forgets what is no longer wanted. May be called again at any time, also after it was cut short: it
    /// goes on where it was. Records are written meanwhile; from the first moment they fill the new columns.
    ///
    /// Call it before the release that needs it goes live. `&mut |_| ()` where nobody wants to know.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when a field is to become unique and two records share a value; the rest is done.
    pub async fn ensure_layout(&self, layouts: &[Layout], progress: &mut (dyn FnMut(Progress) + Send)) -> Result<(), Error> {
        Err(Error::Unsupported("unfinished".into()))
    }
}
