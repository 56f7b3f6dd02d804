//! A file is read by whoever may read a field that holds or held it, or has sent it and not attached it yet.

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use kezhi_plan::kind::PICTURES;
use kezhi_store::{FileState, FileUse, StoredFile};
use kezhi_types::{Caller, Id};
use object_store::{ObjectStoreExt as _, PutPayload};

use super::draw::drawn;
use super::picture;
use crate::depot::{place_of, small_place_of, unavailable};
use crate::error::Error;
use crate::records::held::{PAGES, PLACES, any_readable, records_of};
use crate::runtime::Runtime;

/// A file, or its small picture, ready to be read.
pub struct FileRead {
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub media: String,
    /// Bytes.
    pub size: u64,
    /// What tells it from any other.
    pub tag: String,
    /// Its bytes, piece by piece.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

/// What is wanted of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// A small picture of the picture that it is.
    Small,
}

impl Runtime {
    /// A file that the caller may read.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read; `file.no_thumbnail`; `file.unavailable`.
    pub async fn read_file(&self, caller: &Caller, id: Id, part: Part) -> Result<FileRead, Error> {
        let file = self.readable_file(caller, id).await?;
        match part {
            Part::Whole => {
                let found = self.0.depot.store()?.get(&place_of(id)).await;
                let found = found.map_err(|error| unavailable(&error.to_string()))?;
                if found.meta.size != file.size {
                    return Err(unavailable(&format!("the file {id} is not whole")));
                }
                let broken = |error: object_store::Error| unavailable(&error.to_string());
                let bytes = found.into_stream().map_err(broken).boxed();
                Ok(FileRead { name: file.name, media: file.media, size: file.size, tag: file.hash, bytes })
            }
            Part::Small => {
                let small = self.small_picture(&file).await?;
                let media = picture::media(&small).to_owned();
                let (size, tag) = (small.len() as u64, format!("{}-small", file.hash));
                Ok(FileRead { name: file.name, media, size, tag, bytes: stream::iter([Ok(small)]).boxed() })
            }
        }
    }

    async fn readable_file(&self, caller: &Caller, id: Id) -> Result<StoredFile, Error> {
        let none = || Error::NotFound { kind: "file", key: id.to_string() };
        let file = self.0.store.reader().files_by_ids(&[id]).await?.pop().ok_or_else(none)?;
        let may = match file.state {
            FileState::Pending => file.by == caller.id,
            FileState::Attached => self.reads_a_holder(caller, id).await?,
            FileState::Coming | FileState::Going => false,
        };
        if may { Ok(file) } else { Err(none()) }
    }

    /// Whether the caller may read one of the fields that hold or held a file, on a record that is not in the bin.
    async fn reads_a_holder(&self, caller: &Caller, id: Id) -> Result<bool, Error> {
        let plan = self.plan()?;
        let reader = self.0.store.reader();
        let mut after: Option<FileUse> = None;
        for _ in 0..PAGES {
            let places = reader.file_uses(id, after.as_ref(), PLACES).await?;
            for (key, ids) in records_of(&places) {
                let Some(entity) = plan.entity(key) else { continue };
                let mut records = reader.get_records(key, &ids).await?;
                records.retain(|record| record.deleted_at.is_none());
                let seen = self.seen(&plan, caller, entity, &records).await?;
                if any_readable((entity, id), &places, (&records, &seen)) {
                    return Ok(true);
                }
            }
            if places.len() < PLACES as usize {
                break;
            }
            after = places.into_iter().next_back();
        }
        Ok(false)
    }

    /// The small picture, made when it is first asked for. That none can be made is remembered as well.
    async fn small_picture(&self, file: &StoredFile) -> Result<Bytes, Error> {
        let none = || Error::file("file.no_thumbnail");
        if !PICTURES.contains(&file.media.as_str()) {
            return Err(none());
        }
        let small = match self.kept_small(file.id).await? {
            Some(kept) => kept,
            None => self.draw_small(file.id).await?,
        };
        if small.is_empty() { Err(none()) } else { Ok(small) }
    }

    async fn kept_small(&self, id: Id) -> Result<Option<Bytes>, Error> {
        let broken = |error: object_store::Error| unavailable(&error.to_string());
        match self.0.depot.store()?.get(&small_place_of(id)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(broken)?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }

    async fn draw_small(&self, id: Id) -> Result<Bytes, Error> {
        let broken = |error: object_store::Error| unavailable(&error.to_string());
        let _turn = self.0.depot.drawing.acquire().await.map_err(|error| unavailable(&error.to_string()))?;
        // Whoever waited may find what the one before has drawn.
        if let Some(kept) = self.kept_small(id).await? {
            return Ok(kept);
        }
        let store = self.0.depot.store()?;
        let whole = store.get(&place_of(id)).await.map_err(broken)?.bytes().await.map_err(broken)?;
        let small = Bytes::from(drawn(&self.0.depot.program, &whole).await?);
        store.put(&small_place_of(id), PutPayload::from(small.clone())).await.map_err(broken)?;
        Ok(small)
    }
}
