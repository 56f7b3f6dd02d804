//! Letters into a folder, and what is refused.

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
async fn a_server_that_is_not_there_may_be_tried_again() {
    let settings = EmailSettings { smtp_url: Some("smtp://127.0.0.1:1".to_owned()), from: None };
    let email = Email::open(&settings, std::path::Path::new("/nowhere")).expect("the address is well formed");
    let sent = email.send(&message("li@example.com", "x"), &IdempotencyKey("k".to_owned())).await;
    assert!(matches!(sent, Err(SendError::Transient(_))), "{sent:?}");
}

#[test]
fn the_plugin_describes_itself_and_refuses_a_wrong_address() {
    assert_eq!(Email::manifest().channels, ["email"]);
    let settings = EmailSettings { smtp_url: Some("http://example.com".to_owned()), from: None };
    assert!(Email::open(&settings, std::path::Path::new("/nowhere")).is_err());
}
