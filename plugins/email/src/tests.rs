//! Letters into a folder, and what is refused.

use kezhi_tests::mail::{MailServer, Verdict};

use super::*;

fn message(to: &str, subject: &str) -> Outgoing {
    Outgoing {
        to: to.to_owned(),
        name: Some("李雷".to_owned()),
        subject: subject.to_owned(),
        text: "您好".to_owned(),
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("kezhi-email-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

#[tokio::test]
async fn the_same_key_leaves_one_file() {
    let dir = folder("once");
    let email = Email::open(&EmailSettings::default(), &dir).expect("no settings are needed");
    let key = IdempotencyKey("run:1/node:tell/visit:1/li".to_owned());
    for _ in 0..2 {
        email.send(&message("li@example.com", "生日快乐"), &key).await.expect("the folder can be written");
    }
    let files: Vec<_> = std::fs::read_dir(dir.join("outbox")).expect("made by sending").collect();
    assert_eq!(files.len(), 1);
    std::fs::remove_dir_all(dir).expect("it was made above");
}

#[tokio::test]
async fn a_line_break_in_a_header_is_refused() {
    let dir = folder("breaks");
    let email = Email::open(&EmailSettings::default(), &dir).expect("no settings are needed");
    let key = IdempotencyKey("k".to_owned());
    for bad in [
        message("li@example.com\r\nBcc: all@example.com", "x"),
        message("li@example.com", "x\r\nBcc: all@example.com"),
        message("nobody", "x"),
        Outgoing { name: Some("a\nb".to_owned()), ..message("li@example.com", "x") },
    ] {
        let refused = email.send(&bad, &key).await.expect_err("it must be refused");
        assert!(matches!(refused, SendError::Permanent(_)), "{bad:?}: {refused}");
    }
    assert!(!dir.join("outbox").exists());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_fault_of_the_letter() {
    let settings = EmailSettings { smtp_url: Some("smtp://127.0.0.1:1".to_owned()), from: None };
    let email = Email::open(&settings, std::path::Path::new("/nowhere")).expect("the address is well formed");
    let sent = email.send(&message("li@example.com", "x"), &IdempotencyKey("k".to_owned())).await;
    assert!(matches!(sent, Err(SendError::Channel(_))), "{sent:?}");
}

#[tokio::test]
async fn a_real_server_takes_puts_off_refuses_or_hangs_up() {
    let server = MailServer::start().await;
    let settings =
        EmailSettings { smtp_url: Some(server.url()), from: Some("Kezhi <crm@example.com>".to_owned()) };
    let email = Email::open(&settings, std::path::Path::new("/nowhere")).expect("the address is well formed");
    let key = IdempotencyKey("run:1/node:tell/visit:1/li".to_owned());
    let letter =
        Outgoing { text: "您好\n.\n..再见".to_owned(), ..message("li@example.com", "生日快乐") };
    for (verdict, expected) in [
        (Verdict::Take, "sent"),
        (Verdict::Busy, "later"),
        (Verdict::Refuse, "never"),
        (Verdict::HangUp, "later"),
        (Verdict::Take, "sent"),
    ] {
        server.next(&[verdict]);
        let fared = match email.send(&letter, &key).await {
            Ok(_) => "sent",
            Err(SendError::Transient(_) | SendError::Uncertain(_) | SendError::Channel(_)) => "later",
            Err(SendError::Permanent(_)) => "never",
        };
        assert_eq!(fared, expected, "{verdict:?}");
    }
    let taken = server.letters();
    let identity =
        |letter: &String| letter.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned);
    assert_eq!((server.attempts(), taken.len()), (5, 2));
    assert!(identity(&taken[0]).is_some() && identity(&taken[0]) == identity(&taken[1]), "{taken:?}");
    assert!(
        taken[0].contains("From: Kezhi <crm@example.com>") && taken[0].contains("<li@example.com>"),
        "{taken:?}"
    );
}

#[test]
fn the_plugin_describes_itself_and_refuses_a_wrong_address() {
    assert_eq!(Email::manifest().channels, ["email"]);
    let settings = EmailSettings { smtp_url: Some("http://example.com".to_owned()), from: None };
    assert!(Email::open(&settings, std::path::Path::new("/nowhere")).is_err());
}

/// An SMTP server that answers each line it hears as it is told to; it ends the connection behind `None`.
async fn server(answer: fn(&str) -> Option<&'static str>, greeting: &'static str) -> String {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port is free");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut socket = BufReader::new(socket);
                socket.write_all(greeting.as_bytes()).await.ok()?;
                let mut line = String::new();
                while socket.read_line(&mut line).await.ok()? > 0 {
                    if let Some(said) = answer(line.trim_end()).filter(|said| !said.is_empty()) {
                        socket.write_all(said.as_bytes()).await.ok()?;
                    } else if answer(line.trim_end()).is_none() {
                        break;
                    }
                    line.clear();
                }
                Some(())
            });
        }
    });
    format!("smtp://127.0.0.1:{port}")
}

/// What any server says to a letter up to its last line; lines of the letter itself get no answer.
fn polite(line: &str) -> Option<&'static str> {
    Some(match line.split(' ').next().unwrap_or_default() {
        "EHLO" => "250 AUTH PLAIN\r\n",
        "MAIL" | "RCPT" | "NOOP" | "RSET" => "250 ok\r\n",
        "DATA" => "354 go on\r\n",
        "QUIT" => "221 bye\r\n",
        "." => "250 taken\r\n",
        _ => "",
    })
}

async fn sent_to(url: String) -> Result<Receipt, SendError> {
    let settings = EmailSettings { smtp_url: Some(url), from: None };
    let email = Email::open(&settings, std::path::Path::new("/nowhere")).expect("the address is well formed");
    email.send(&message("li@example.com", "x"), &IdempotencyKey("k".to_owned())).await
}

#[tokio::test]
async fn what_a_server_says_is_laid_to_the_letter_or_to_the_channel() {
    const HELLO: &str = "220 here\r\n";
    let taken = sent_to(server(polite, HELLO).await).await;
    assert!(taken.is_ok(), "{taken:?}");

    let no_such_person =
        |line: &str| if line.starts_with("RCPT") { Some("550 no\r\n") } else { polite(line) };
    let sent = sent_to(server(no_such_person, HELLO).await).await;
    assert!(matches!(sent, Err(SendError::Permanent(_))), "{sent:?}");

    let sent = sent_to(server(polite, "554 not you\r\n").await).await;
    assert!(matches!(sent, Err(SendError::Channel(_))), "{sent:?}");

    let wrong_password = |line: &str| {
        if line.starts_with("AUTH") { Some("535 wrong\r\n") } else { polite(line) }
    };
    let url = server(wrong_password, HELLO).await.replace("smtp://", "smtp://user:password@");
    let sent = sent_to(url).await;
    assert!(matches!(sent, Err(SendError::Channel(_))), "{sent:?}");

    let full = |line: &str| if line.starts_with("RCPT") { Some("452 full\r\n") } else { polite(line) };
    let sent = sent_to(server(full, HELLO).await).await;
    assert!(matches!(sent, Err(SendError::Transient(_))), "{sent:?}");

    // The letter was handed over whole, and then nobody said whether it was taken.
    let cut_off = |line: &str| if line == "." { None } else { polite(line) };
    let sent = sent_to(server(cut_off, HELLO).await).await;
    assert!(matches!(sent, Err(SendError::Uncertain(_))), "{sent:?}");
}
