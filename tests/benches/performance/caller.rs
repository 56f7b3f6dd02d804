//! Callers on connections that stay open, each asking again as soon as it was answered.
//!
//! They share the machine's cores with the server, so they do as little as they can: a request is bytes, and of an
//! answer only the status and the length are read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many ask at the same time.
pub const CALLERS: usize = 16;

/// Writes the next request, whole, into the empty buffer.
pub type Requests = Arc<dyn Fn(&mut Vec<u8>) + Send + Sync>;

/// What one round gave.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Answers a second, all callers together.
    pub each_second: f64,
    /// Half of the answers came within these milliseconds.
    pub p50: f64,
    /// Ninety-nine of a hundred came within these milliseconds.
    pub p99: f64,
}

/// Asks the server at `address` for as long as `time`.
///
/// # Panics
/// When an answer does not come or is not `2xx`.
pub async fn ask(address: &str, requests: &Requests, time: Duration) -> Rate {
    ask_by(address, requests, CALLERS, time).await
}

/// The same by so many callers.
///
/// # Panics
/// As [`ask`].
pub async fn ask_by(address: &str, requests: &Requests, callers: usize, time: Duration) -> Rate {
    let begun = Instant::now();
    let callers: Vec<_> =
        (0..callers).map(|_| tokio::spawn(one(address.to_owned(), requests.clone(), begun + time))).collect();
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await.expect("a caller is answered to the end"));
    }
    let passed = begun.elapsed();
    times.sort_unstable();
    let at = |part: f64| times[(times.len() as f64 * part) as usize].as_secs_f64() * 1_000.0;
    Rate { each_second: times.len() as f64 / passed.as_secs_f64(), p50: at(0.50), p99: at(0.99) }
}

async fn one(address: String, requests: Requests, end: Instant) -> Vec<Duration> {
    let mut connection = Connection::open(&address).await.expect("the server takes another connection");
    let mut request = Vec::with_capacity(2_048);
    let mut times = Vec::new();
    while Instant::now() < end {
        request.clear();
        requests(&mut request);
        let asked = Instant::now();
        let status = connection.send(&request).await.expect("the server answers");
        times.push(asked.elapsed());
        assert!((200..300).contains(&status), "{status}: {}", connection.told());
    }
    times
}

/// One connection; answers are read whole before the next request goes out.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// Opens it.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(65_536) })
    }

    /// Sends a request and gives the status of its answer.
    ///
    /// # Errors
    /// When the connection ends first.
    pub async fn send(&mut self, request: &[u8]) -> std::io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let Some((status, whole)) = head(&self.answer) else { continue };
            while self.answer.len() < whole {
                if self.stream.read_buf(&mut self.answer).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
            return Ok(status);
        }
    }

    /// The last answer as text.
    pub fn told(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }
}

/// Status and whole length of an answer, once its head is there. Only answers that tell their length are understood.
fn head(answer: &[u8]) -> Option<(u16, usize)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).expect("a head is text");
    let status = head.get(9..12).and_then(|digits| digits.parse().ok()).expect("an answer has a status");
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let mut length =
        length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value.trim());
    let length: usize = length.next_back().map_or(0, |value| value.parse().expect("a length is a number"));
    Some((status, end + length))
}
