//! Headers of every answer: of each route, of pages, of refusals and of what is no route.

use kezhi_tests::{Answer, Backend, TestServer, on_both, tree};
use reqwest::Method;
use serde_json::json;

on_both!(every_answer_carries_them, refusals_of_libraries_are_problems);

/// What stands on every answer; an empty value means that there is one.
const ALWAYS: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", ""),
    ("content-security-policy", ""),
    ("cache-control", ""),
];

#[track_caller]
fn carries(answer: &Answer) {
    for (name, value) in ALWAYS {
        let told = answer.header(name).unwrap_or_default();
        assert!(
            if value.is_empty() { !told.is_empty() } else { told == value },
            "{name}: {told}: {answer:?}"
        );
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'") || policy.contains("sandbox"), "{policy}");
    let scripts =
        policy.split(';').map(str::trim).find(|part| part.starts_with("script-src")).unwrap_or_default();
    assert!(!scripts.contains("unsafe") && !policy.contains('*'), "{policy}");
}

async fn every_answer_carries_them(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, unknown) = (server.sign_in("admin").await, server.unknown());
    let document = admin.get("/api/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().expect("paths").clone();
    assert!(paths.len() > 60, "every route is asked: {}", paths.len());
    for (path, item) in paths {
        let place = path.replace("{entity}", "customer").replace("{number}", "1");
        let place: String = place
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in item.as_object().expect("methods").keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            carries(&unknown.send(unknown.request(method.clone(), &place)).await);
            if method == Method::GET {
                carries(&admin.get(&place).await);
            }
        }
        carries(&admin.send(admin.request(Method::TRACE, &place)).await);
    }
    for path in ["/", "/index.html", "/records/customer", "/assets/none.js", "/api/none", "/favicon.ico"] {
        carries(&unknown.get(path).await);
    }
    // A host that is none of ours, a body that is none, one that is too long.
    let misdirected = unknown.request(Method::GET, "/api/me").header("host", "evil.example");
    let misdirected = unknown.send(misdirected).await;
    assert_eq!(misdirected.status, 421);
    carries(&misdirected);
    carries(&admin.send(admin.request(Method::POST, "/api/entities/customer/records").body("{")).await);
    let long =
        admin.request(Method::POST, "/api/entities/customer/query").body(vec![b' '; 10 * 1024 * 1024 + 1]);
    let long = admin.send(long.header("content-type", "application/json")).await;
    assert_eq!(long.status, 413);
    carries(&long);
}

async fn refusals_of_libraries_are_problems(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    for path in [
        "/api/runs?limit=x",
        "/api/tasks?limit=-1",
        "/api/jobs/x/groups?limit=x",
        "/api/draft/entities/%FF",
        "/api/entities/%FF/schema",
        "/api/entities/customer/records/x/history?after=x",
    ] {
        admin.get(path).await.problem(400, "request.unreadable");
    }
    let text = admin.request(Method::PUT, "/api/draft/entities/customer").body(vec![0xff, 0xfe]);
    admin.send(text).await.problem(400, "request.unreadable");
    admin.post("/api/none", &json!({})).await.problem(404, "page.not_found");
}

/// The page itself: scripts are files, and nothing in it is run in place.
#[test]
fn the_page_runs_nothing_in_place() {
    let page = std::fs::read_to_string(tree::root().join("builder-ui/index.html")).expect("there is a page");
    let scripts: Vec<&str> = page.split("<script").skip(1).collect();
    assert!(!scripts.is_empty(), "the application is loaded");
    for script in scripts {
        let (attributes, rest) = script.split_once('>').expect("a tag ends");
        let inside = rest.split("</script>").next().unwrap_or_default().trim();
        assert!(attributes.contains("src=") && inside.is_empty(), "{script}");
    }
    for attribute in [" onclick=", " onload=", " onerror=", "javascript:"] {
        assert!(!page.contains(attribute), "{attribute}");
    }
}
