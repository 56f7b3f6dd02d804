//! `kezhi serve`.

use kezhi_runtime::Runtime;
use kezhi_runtime::people::{UserChange, operator};
use rand::RngCore;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use super::operator::{Place, open};
use super::{Failure, say};
use crate::app::App;
use crate::assets;
use crate::config::Settings;

/// The template of the demo.
const DEMO: &str = "retail-membership";

/// Serves until it is told to stop.
pub async fn serve(place: Place, listen: Option<String>, demo: bool) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_env("KEZHI_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let settings = Settings { demo, ..place.settings(listen)? };
    let listener = TcpListener::bind(settings.listen).await.map_err(|error| {
        Failure::Environment(told!(
            "{} 用不了：{error}。请用 --listen 换一个。",
            "{} cannot be used: {error}. Choose another with --listen.",
            settings.listen
        ))
    })?;
    let address = listener.local_addr().map_err(|error| Failure::Environment(error.to_string()))?;
    let runtime = open(&settings).await?;
    if demo {
        install_demo(&runtime).await?;
    }
    let token = setup_token();
    // Before anybody is told: a command that finds no socket would open the workspace itself.
    let operators = crate::serve::operator_socket(&place.socket()).map_err(Failure::Environment)?;
    tell(&runtime, &settings, (&address.to_string(), &token)).await?;
    let loops = runtime.start();
    let app = App::new(runtime, settings, token);
    let served = crate::serve::serve(app, listener, (operators, place.socket())).await;
    loops.stop().await;
    served.map_err(Failure::Environment)
}

/// The retail template with its people and records, if there is nothing yet. Safe to be interrupted: what was not
/// finished is begun again.
async fn install_demo(runtime: &Runtime) -> Result<(), Failure> {
    let failed = |error: kezhi_runtime::Error| {
        Failure::Environment(told!("演示数据没有装上：{error}", "the demo could not be installed: {error}"))
    };
    if runtime.demo_is_complete().await.map_err(failed)? {
        return Ok(());
    }
    let template = assets::template(DEMO).ok_or_else(|| {
        Failure::Environment(told!("程序里没有模板 {DEMO}", "the template {DEMO} is not in this binary"))
    })?;
    say(told!(
        "正在安装演示数据：一家连锁店，5,000 位会员，40,000 张订单…",
        "Installing the demo: a chain of shops with 5,000 members and 40,000 orders …"
    ));
    if runtime.directory().await.map_err(failed)?.by_login("admin").is_none() {
        let administrator = UserChange {
            login: Some("admin".into()),
            name: Some("管理员".into()),
            password: Some("demo".into()),
            roles: Some(vec!["admin".into()]),
            ..UserChange::default()
        };
        runtime.create_user(&operator(), administrator, true).await.map_err(failed)?;
    }
    let installed = runtime.install_template(&operator(), &template, true).await.map_err(failed)?;
    for line in &installed.refused {
        tracing::warn!(line, "a row of the sample data was refused");
    }
    runtime.note_demo_complete().await.map_err(failed)
}

/// Where to find it and how to get in.
async fn tell(runtime: &Runtime, settings: &Settings, (address, token): (&str, &str)) -> Result<(), Failure> {
    let host = address.replace("127.0.0.1", "localhost").replace("0.0.0.0", "localhost");
    say(told!("客制 Kezhi 已启动：http://{host}", "Kezhi 客制 is at http://{host}"));
    let directory = runtime.directory().await.map_err(|error| Failure::Environment(error.to_string()))?;
    if directory.users.is_empty() {
        say(told!(
            "请到 http://{host}/setup 建立第一位管理员（从别的机器访问需要令牌 {token}）",
            "The first administrator is made at http://{host}/setup (from elsewhere with the token {token})"
        ));
    }
    if settings.demo {
        say(told!(
            "演示账号，密码 demo：admin（管理员）· li（店员）· wang（店长）· zhao（总部）",
            "Demo logins, password demo: admin (administrator) · li (店员) · wang (店长) · zhao (总部)"
        ));
    }
    Ok(())
}

fn setup_token() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
