//! Stands before a multipart form, whose reader keeps the head of a part in memory however long it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use futures_util::StreamExt as _;

/// The most bytes of the head of a part.
const HEAD: usize = 64 * 1024;

/// The most bytes that come to nothing.
const MOST: usize = 40 * 1024 * 1024;

/// What becomes of the bytes that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// They pass, but no more than a head of 64 KiB and the piece in which it ends.
    Head,
    /// They pass.
    Through,
    /// They come to nothing, at most 40 MiB of them.
    Away,
}

/// Says what becomes of the bytes from now on.
#[derive(Debug, Clone)]
pub struct Gate(Arc<State>);

#[derive(Debug)]
struct State {
    way: AtomicU8,
    /// Bytes since the way was changed.
    passed: AtomicUsize,
}

impl Gate {
    /// Puts itself before the body of a request; it begins with [`Way::Head`].
    pub fn before(request: Request) -> (Request, Self) {
        let state = State { way: AtomicU8::new(Way::Head as u8), passed: AtomicUsize::new(0) };
        let gate = Self(Arc::new(state));
        let own = gate.clone();
        let request = request.map(|body| {
            Body::from_stream(
                body.into_data_stream().map(move |piece| piece.and_then(|piece| own.let_by(piece))),
            )
        });
        (request, gate)
    }

    /// Changes the way.
    pub fn set(&self, way: Way) {
        self.0.passed.store(0, Ordering::Relaxed);
        self.0.way.store(way as u8, Ordering::Relaxed);
    }

    fn let_by(&self, piece: Bytes) -> Result<Bytes, axum::Error> {
        let before = self.0.passed.fetch_add(piece.len(), Ordering::Relaxed);
        match self.0.way.load(Ordering::Relaxed) {
            way if way == Way::Away as u8 && before <= MOST => Ok(Bytes::new()),
            way if way == Way::Away as u8 => Err(axum::Error::new("the rest does not end")),
            way if way == Way::Head as u8 && before > HEAD => {
                Err(axum::Error::new("the head of a part does not end"))
            }
            _ => Ok(piece),
        }
    }
}
