//! A mail server on the loopback: takes letters over SMTP, or answers as it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a letter fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Take,
    /// 451: not now.
    Busy,
    /// 550: no such recipient.
    Refuse,
    /// The connection breaks when the whole letter has been said.
    HangUp,
}

/// The server; it listens as long as the runtime that it was started in.
#[derive(Debug, Clone)]
pub struct MailServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next: VecDeque<Verdict>,
    attempts: usize,
    letters: Vec<String>,
}

impl MailServer {
    /// Starts it on a free port. Letters are taken unless [`MailServer::next`] says otherwise.
    ///
    /// # Panics
    /// When no loopback port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let server = Self { address, state: Arc::default() };
        let state = server.state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                tokio::spawn(async move { serve(stream, &state).await });
            }
        });
        server
    }

    /// Its address as the engine's settings have it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// How the next letters fare, one after the other.
    pub fn next(&self, verdicts: &[Verdict]) {
        self.with(|state| state.next.extend(verdicts));
    }

    /// How many letters have been tried.
    pub fn attempts(&self) -> usize {
        self.with(|state| state.attempts)
    }

    /// What was taken: headers and text as sent, a line feed after each line.
    pub fn letters(&self) -> Vec<String> {
        self.with(|state| state.letters.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One conversation. Whoever breaks it off ends it.
async fn serve(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let (input, mut output) = stream.into_split();
    let mut lines = BufReader::new(input).lines();
    let mut verdict = Verdict::Take;
    output.write_all(b"220 test\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let answer: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "MAIL" => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.attempts += 1;
                verdict = state.next.pop_front().unwrap_or(Verdict::Take);
                b"250 ok\r\n"
            }
            "RCPT" if verdict == Verdict::Refuse => b"550 5.1.1 no such user\r\n",
            "QUIT" => return output.write_all(b"221 bye\r\n").await.ok(),
            "DATA" => {
                output.write_all(b"354 go on\r\n").await.ok()?;
                let mut letter = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    letter.push_str(line.strip_prefix('.').unwrap_or(&line));
                    letter.push('\n');
                }
                match verdict {
                    Verdict::HangUp => return None,
                    Verdict::Busy => b"451 4.3.0 try later\r\n",
                    _ => {
                        state.lock().unwrap_or_else(PoisonError::into_inner).letters.push(letter);
                        b"250 2.0.0 queued as 1\r\n"
                    }
                }
            }
            _ => b"250 ok\r\n",
        };
        output.write_all(answer).await.ok()?;
    }
    Some(())
}
