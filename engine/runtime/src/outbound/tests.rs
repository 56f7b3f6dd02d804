//! Sixty ways to name what must not be called, with a listener on this machine that must hear none of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Names that lead where the test says, one answer after the other; the last one stays.
#[derive(Debug, Default)]
struct Names {
    known: HashMap<&'static str, Vec<&'static str>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Resolve for Arc<Names> {
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let Some(answers) = self.known.get(host) else { return Err(io::ErrorKind::NotFound.into()) };
        let turn = self.asked.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        let addresses = answers[turn].split(' ').filter(|text| !text.is_empty());
        Ok(addresses.map(|text| SocketAddr::new(text.parse().expect("an address"), port)).collect())
    }
}

fn outbound(
    names: &[(&'static str, &[&'static str])],
    operator: &[&str],
    port: u16,
) -> (Outbound, Arc<Names>) {
    let known = names.iter().map(|(name, answers)| (*name, answers.to_vec())).collect();
    let names = Arc::new(Names { known, asked: AtomicUsize::new(0) });
    let operator: Vec<String> = operator.iter().map(|entry| (*entry).to_owned()).collect();
    let operator = Allowed::by_operator(&operator).expect("places");
    let mut outbound = Outbound::new(operator);
    outbound.names = Box::new(names.clone());
    outbound.ports.push(port);
    (outbound, names)
}

/// Answers each connection with these bytes and counts them.
async fn listener(answer: &'static [u8]) -> (u16, Arc<AtomicUsize>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answered(stream, answer));
        }
    });
    (port, heard, task)
}

/// Reads a head and answers; an empty answer never comes.
async fn answered(mut stream: TcpStream, answer: &'static [u8]) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 1024];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&piece[..read]),
        }
    }
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
    let _ = stream.write_all(answer).await;
}

fn get(url: String) -> Call {
    Call { method: "GET".to_owned(), url, ..Call::default() }
}

const INSIDE: &str = "outbound.inside";
const URL: &str = "outbound.url";

/// `P` stands for the port on which the listener listens.
const FORMS: [(&str, &str); 77] = [
    // This machine, in every spelling that some program understands.
    ("http://127.0.0.1:P/", INSIDE),
    ("http://127.0.0.2:P/", INSIDE),
    ("http://127.255.255.254:P/", INSIDE),
    ("http://127.1:P/", INSIDE),
    ("http://127.0.1:P/", INSIDE),
    ("http://2130706433:P/", INSIDE),
    ("http://0x7f000001:P/", INSIDE),
    ("http://0x7f.0.0.1:P/", INSIDE),
    ("http://0x7f.1:P/", INSIDE),
    ("http://0177.0.0.1:P/", INSIDE),
    ("http://0177.1:P/", INSIDE),
    ("http://017700000001:P/", INSIDE),
    ("http://127.0.0.1.:P/", INSIDE),
    ("http://%31%32%37.0.0.1:P/", INSIDE),
    ("http://127%2e0%2e0%2e1:P/", INSIDE),
    ("http://１２７.０.０.１:P/", INSIDE),
    ("http://①②⑦.⓪.⓪.①:P/", INSIDE),
    ("http://127。0。0。1:P/", INSIDE),
    ("http://0:P/", INSIDE),
    ("http://0.0.0.0:P/", INSIDE),
    ("http://00.0.0.0:P/", INSIDE),
    ("http://localhost:P/", INSIDE),
    ("http://LOCALHOST:P/", INSIDE),
    ("http://localhost.:P/", INSIDE),
    ("http://ｌｏｃａｌｈｏｓｔ:P/", INSIDE),
    ("http://app.localhost:P/", INSIDE),
    ("http://localhost.localdomain:P/", INSIDE),
    ("http://[::1]:P/", INSIDE),
    ("http://[0:0:0:0:0:0:0:1]:P/", INSIDE),
    ("http://[0000::0001]:P/", INSIDE),
    ("http://[::]:P/", INSIDE),
    // IPv4 in IPv6.
    ("http://[::ffff:127.0.0.1]:P/", INSIDE),
    ("http://[::ffff:7f00:1]:P/", INSIDE),
    ("http://[0:0:0:0:0:ffff:127.0.0.1]:P/", INSIDE),
    ("http://[::127.0.0.1]:P/", INSIDE),
    ("http://[64:ff9b::127.0.0.1]:P/", INSIDE),
    ("http://[64:ff9b::7f00:1]:P/", INSIDE),
    ("http://[64:ff9b:1::7f00:1]:P/", INSIDE),
    ("http://[2002:7f00:1::]:P/", INSIDE),
    ("http://[2002:a9fe:a9fe::1]:P/", INSIDE),
    ("http://[2001:0:7f00:1::]:P/", INSIDE),
    // Networks, links, clouds.
    ("http://10.0.0.1/", INSIDE),
    ("http://172.16.0.1/", INSIDE),
    ("http://192.168.0.1/", INSIDE),
    ("http://192.168.257/", INSIDE),
    ("http://100.64.0.1/", INSIDE),
    ("http://169.254.169.254/latest/meta-data/", INSIDE),
    ("http://0xa9fea9fe/", INSIDE),
    ("http://169.254.43518/", INSIDE),
    ("http://100.100.100.200/latest/meta-data/", INSIDE),
    ("http://168.63.129.16/", INSIDE),
    ("http://metadata.google.internal/", INSIDE),
    ("http://metadata/", INSIDE),
    ("http://[fd00:ec2::254]/", INSIDE),
    ("http://[fe80::1]/", INSIDE),
    ("http://[fc00::1]/", INSIDE),
    ("http://[ff02::1]/", INSIDE),
    ("http://224.0.0.1/", INSIDE),
    ("http://255.255.255.255/", INSIDE),
    ("http://printer.local/", INSIDE),
    ("http://intranet/", INSIDE),
    // Names that lead inside.
    ("http://loops.example:P/", INSIDE),
    ("http://mixed.example:P/", INSIDE),
    ("http://six.example:P/", INSIDE),
    ("http://private.example/", INSIDE),
    ("http://ｌｏｏｐｓ.example:P/", INSIDE),
    // Addresses that programs read in two ways.
    ("http://open.example@127.0.0.1:P/", URL),
    ("http://open.example:80@127.0.0.1:P/", URL),
    ("http://127.0.0.1:P\\@open.example/", URL),
    ("http://open.example\\@127.0.0.1:P/", URL),
    ("http://127.0.0.1:P\t/", URL),
    ("ht\ntp://127.0.0.1:P/", URL),
    ("//127.0.0.1:P/", URL),
    ("ftp://127.0.0.1:P/", URL),
    ("file:///etc/passwd", URL),
    ("gopher://127.0.0.1:P/_x", URL),
    ("http://[fe80::1%25eth0]:P/", URL),
];

#[tokio::test]
async fn nothing_that_names_the_inside_is_called() {
    let (port, heard, listening) = listener(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let names: [(&'static str, &[&'static str]); 5] = [
        ("loops.example", &["127.0.0.1"]),
        ("mixed.example", &["1.1.1.1 127.0.0.1"]),
        ("six.example", &["::1"]),
        ("private.example", &["10.1.2.3"]),
        ("open.example", &["127.0.0.1"]),
    ];
    let (outbound, _) = outbound(&names, &[], port);
    for (form, code) in FORMS {
        let url = form.replace('P', &port.to_string());
        let refused = outbound.send(get(url.clone()), &Allowed::default()).await.expect_err(&url);
        assert_eq!(refused.code, code, "{url}");
    }
    assert_eq!(heard.load(Ordering::SeqCst), 0, "nobody was called");
    // The listener listens: a call that the operator allows is heard.
    let (allowed, _) = self::outbound(&names, &["127.0.0.1", "loops.example"], port);
    for host in ["127.0.0.1", "loops.example"] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(allowed.send(get(url), &Allowed::default()).await.expect("it answers").status, 200);
    }
    assert_eq!(heard.load(Ordering::SeqCst), 2);
    listening.abort();
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_called() {
    let (port, heard, listening) = listener(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    // The name leads to an allowed address once, and ever after to one that is not.
    let names: [(&'static str, &[&'static str]); 1] = [("turns.example", &["127.0.0.1", "127.0.0.2"])];
    let (outbound, asked) = outbound(&names, &["127.0.0.1/32"], port);
    let url = format!("http://turns.example:{port}/");
    let reply = outbound.send(get(url.clone()), &Allowed::default()).await.expect("it answers");
    assert_eq!((reply.status, asked.asked.load(Ordering::Relaxed)), (200, 1), "it is looked up once");
    let refused = outbound.send(get(url), &Allowed::default()).await.expect_err("it has turned");
    assert_eq!((refused.code, heard.load(Ordering::SeqCst)), (INSIDE, 1));
    listening.abort();
}

#[tokio::test]
async fn what_a_workspace_allows_does_not_reach_this_machine() {
    let (port, heard, listening) = listener(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let (outbound, _) = outbound(&[("erp.corp", &["127.0.0.1"])], &[], port);
    let own = Allowed::by_workspace(&["erp.corp".to_owned()]).expect("a place");
    let refused = outbound.send(get(format!("http://erp.corp:{port}/")), &own).await.expect_err("refused");
    assert_eq!((refused.code, heard.load(Ordering::SeqCst)), (INSIDE, 0));
    listening.abort();
}

#[tokio::test]
async fn redirections_are_answers_and_answers_have_an_end() {
    let here = |port: u16| get(format!("http://127.0.0.1:{port}/"));
    let asked = async |answer| {
        let (port, heard, listening) = listener(answer).await;
        let (outbound, _) = outbound(&[], &["127.0.0.1"], port);
        let reply = outbound.send(here(port), &Allowed::default()).await;
        listening.abort();
        (reply, heard.load(Ordering::SeqCst))
    };
    let turned = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let (reply, heard) = asked(turned).await;
    let reply = reply.expect("it answers");
    assert_eq!((reply.status, heard), (302, 1));
    assert!(reply.headers.contains(&("location".to_owned(), "http://127.0.0.1:1/".to_owned())));
    let endless = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
    assert_eq!(asked(endless).await.0.expect_err("cut off").code, "outbound.unreachable");
    let (reply, _) = asked(b"no http at all\r\n\r\n").await;
    assert_eq!(reply.expect_err("no answer").code, "outbound.unreachable");
}

#[tokio::test]
async fn a_body_beyond_a_mebibyte_is_not_taken() {
    let large: &'static [u8] = Box::leak(
        [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec(), vec![b'x'; LARGEST + 1]]
            .concat()
            .into_boxed_slice(),
    );
    let (port, _, listening) = listener(large).await;
    let (outbound, _) = outbound(&[], &["127.0.0.1"], port);
    let url = format!("http://127.0.0.1:{port}/");
    let refused = outbound.send(get(url.clone()), &Allowed::default()).await.expect_err("too large");
    assert_eq!(refused.code, "outbound.too_large");
    let sent = Call { method: "POST".to_owned(), body: vec![0; LARGEST + 1], ..get(url) };
    let refused = outbound.send(sent, &Allowed::default()).await.expect_err("too large");
    assert_eq!(refused.code, "outbound.too_large");
    listening.abort();
}

#[tokio::test]
async fn whoever_never_answers_is_not_waited_for() {
    let (port, _, listening) = listener(b"").await;
    let (mut outbound, _) = outbound(&[], &["127.0.0.1"], port);
    outbound.patience.begin = Duration::from_millis(100);
    let refused = outbound.send(get(format!("http://127.0.0.1:{port}/")), &Allowed::default()).await;
    assert_eq!(refused.expect_err("it never answers").code, "outbound.timeout");
    listening.abort();
}

#[tokio::test]
async fn headers_cannot_be_smuggled() {
    let (outbound, _) = outbound(&[], &[], 80);
    for (name, value) in
        [("x", "a\r\nhost: b"), ("host", "b"), ("Transfer-Encoding", "chunked"), ("a b", "c"), ("", "")]
    {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let call = Call { headers, ..get("https://example.com/".to_owned()) };
        let refused = outbound.send(call, &Allowed::default()).await.expect_err(name);
        assert_eq!(refused.code, "outbound.header", "{name}");
    }
    let call = Call { method: "CONNECT".to_owned(), ..get("https://example.com/".to_owned()) };
    assert_eq!(
        outbound.send(call, &Allowed::default()).await.expect_err("no method").code,
        "outbound.header"
    );
    let port = get("https://example.com:22/".to_owned());
    assert_eq!(outbound.send(port, &Allowed::default()).await.expect_err("no port").code, "outbound.port");
}
