//! What a server's files hold, for the measure `blast-radius`: every item of every space, as it is stored.
//! It works on a copy of the files and promises to leave nothing out.

use crate::error::ServerError;
use crate::files::DataFolder;
use crate::store::{Store, items, spaces};
use crate::sync::deliver;
use std::path::Path;
use vigil_protocol::{PulledBatch, SpaceId};

/// The items of every space in a copy of a server's folder, in the batches that their authors signed. Opening changes the
/// copy.
///
/// # Errors
/// [`ServerError`] if it is none.
pub fn sealed_items(folder: &Path) -> Result<Vec<(SpaceId, Vec<PulledBatch>)>, ServerError> {
    let store = Store::open(&DataFolder::open(folder)?)?;
    let connection = &store.connection;
    let of_space = |space: SpaceId| {
        let batches = deliver::batches_of(connection, &space, &items::all(connection, &space)?)?;
        Ok((space, batches))
    };
    spaces::all(connection)?.into_iter().map(of_space).collect()
}
