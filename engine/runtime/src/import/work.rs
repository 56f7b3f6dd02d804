//! An import from its first row to its last: one thread reads the file, the slices follow it.

use std::ops::ControlFlow;

use kezhi_store::JobState;
use kezhi_types::Id;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::columns::Header;
use super::lines::{Gathering, Unit};
use super::names::Names;
use super::sheet::{self, Format, Place, Unreadable};
use super::{HELD, Spec, bad_file};
use crate::error::Error;
use crate::runtime::Runtime;

/// Records of one slice.
const SLICE: usize = 500;
/// Rows of one slice, where records take several.
const ROWS: usize = 2_000;
/// Slices that are read ahead.
const AHEAD: usize = 2;

impl Runtime {
    /// Works off an import from where it stands until it ends, however it does.
    ///
    /// # Errors
    /// What keeps it from going on: denied, the file, the store. What was stored stays, the checkpoint with it.
    pub(crate) async fn work_import(&self, id: Id) -> Result<(), Error> {
        let Some(job) = self.0.store.reader().job(id).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(());
        };
        let spec: Spec = serde_json::from_value(job.spec.clone())
            .map_err(|error| Error::Internal(format!("a job cannot be read: {error}")))?;
        let caller = self.starter(&job).await?;
        let from = job.checkpoint["row"].as_u64().unwrap_or(spec.header.row);
        let place = self.sheet_at(&self.upload_of(id));
        let (sender, mut slices) = mpsc::channel(AHEAD);
        let reading = {
            let (place, format, header) = (place.clone(), spec.format.clone(), spec.header.clone());
            tokio::task::spawn_blocking(move || read_units(&place, (&format, &header), from, &sender))
        };
        let mut counting = job.total.is_none().then(|| {
            let (format, header) = (spec.format.clone(), spec.header.row);
            tokio::task::spawn_blocking(move || count(&place, &format, header))
        });
        let mut names = Names::open(self, &caller).await?;
        while let Some(units) = slices.recv().await {
            let total = counted(&mut counting).await;
            if !self.store_slice((id, &spec), &mut names, (&units, total)).await? {
                return Ok(());
            }
        }
        let read = reading.await.unwrap_or_else(|error| Err(sheet::broken(error)));
        read.map_err(|why| bad_file(&caller, &spec.file, &why))?;
        self.finish_job(id).await
    }

    /// All of a job is done.
    pub(super) async fn finish_job(&self, id: Id) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        if let Some(mut job) = tx.lock_job(id).await?.filter(|job| !job.state.is_ended()) {
            job.state = JobState::Done;
            job.total = Some(job.done);
            job.ended_at = Some(self.0.clock.now());
            tx.save_job(&job).await?;
        }
        tx.commit().await?;
        self.forget_upload(id);
        self.forget_job_keys(id).await?;
        Ok(())
    }
}

/// Reads the rows below `from` and sends them, put together to records and slices.
fn read_units(
    place: &Place,
    (format, header): (&Format, &Header),
    from: u64,
    sender: &mpsc::Sender<Vec<Unit>>,
) -> Result<(), Unreadable> {
    let mut gathering = Gathering::default();
    let (mut slice, mut rows, mut weight) = (Vec::with_capacity(SLICE), 0, 0);
    sheet::read(place, format, &mut |row| {
        if row.number <= from {
            return ControlFlow::Continue(());
        }
        // What stands in no column of the header belongs to no record.
        let row = row.within(header.titles.len());
        rows += 1;
        weight += row.weight();
        slice.extend(gathering.add(header, row));
        let is_full = slice.len() >= SLICE || rows >= ROWS || weight >= HELD;
        if !is_full || slice.is_empty() {
            return ControlFlow::Continue(());
        }
        (rows, weight) = (0, 0);
        match sender.blocking_send(std::mem::take(&mut slice)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    slice.extend(gathering.end());
    if !slice.is_empty() {
        let _ = sender.blocking_send(slice);
    }
    Ok(())
}

/// How many rows there are below the header.
fn count(place: &Place, format: &Format, header: u64) -> Option<i64> {
    let mut rows = 0;
    let read = sheet::read(place, format, &mut |row| {
        rows += i64::from(row.number > header);
        ControlFlow::Continue(())
    });
    read.is_ok().then_some(rows)
}

/// The number of rows, once they have been counted.
async fn counted(counting: &mut Option<JoinHandle<Option<i64>>>) -> Option<i64> {
    match counting.take() {
        Some(work) if work.is_finished() => work.await.ok().flatten(),
        unfinished => {
            *counting = unfinished;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slices of a CSV text below its header, each by what its rows weigh and how many cells they have at most.
    fn slices(text: &str, titles: usize) -> Vec<(usize, usize)> {
        let path = std::env::temp_dir().join(format!("kezhi-slices-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, text).expect("a temporary file can be written");
        let format = Format::Text { encoding: "UTF-8".to_owned(), delimiter: b',' };
        let header = Header { row: 1, titles: vec!["名称".to_owned(); titles], columns: Vec::new() };
        let (sender, mut receiver) = mpsc::channel(1_000);
        let place = Place { path: path.clone(), program: "/nonexistent".into() };
        read_units(&place, (&format, &header), 1, &sender).expect("a text");
        drop(sender);
        let _ = std::fs::remove_file(&path);
        let mut found = Vec::new();
        while let Some(units) = receiver.blocking_recv() {
            let rows: Vec<_> = units.iter().flat_map(|unit| &unit.rows).collect();
            let cells = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
            found.push((rows.iter().map(|row| row.weight()).sum(), cells));
        }
        found
    }

    #[test]
    fn a_slice_ends_where_its_rows_become_too_much() {
        let long = format!("x,{}\n", "y".repeat(HELD / 4));
        let found = slices(&format!("a,b\n{}", long.repeat(20)), 2);
        assert!(found.len() > 3 && found.iter().all(|(weight, _)| *weight < 2 * HELD), "{found:?}");
        let few = slices(&format!("a\n{}", "x\n".repeat(SLICE + 1)), 1);
        assert_eq!(few.len(), 2);
    }

    #[test]
    fn what_stands_beyond_the_header_is_not_kept() {
        let wide = format!("x{}z\n", ",".repeat(10_000));
        assert!(slices(&format!("a,b\n{}", wide.repeat(20)), 2).iter().all(|(_, cells)| *cells == 1));
    }
}
