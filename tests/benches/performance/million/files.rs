//! Export of all customers as CSV, import of 100,000 rows from a workbook.

use std::time::{Duration, Instant};

use rust_xlsxwriter::Workbook;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::company::Company;
use super::people::Customers;
use crate::subject::{Memory, Place, Subject};

/// Rows of the workbook.
const IMPORTED: usize = 100_000;
/// Between two questions how far an import has come.
const PAUSE: Duration = Duration::from_millis(50);
const COLUMNS: [&str; 10] =
    ["name", "person", "phone", "industry", "region", "amount", "score", "grade", "birthday", "status"];

/// Adds the figures; whether their gates are kept.
pub async fn measure(
    place: &Place,
    company: &Company,
    subject: &Subject,
    figures: &mut Vec<(&'static str, String, &'static str)>,
) -> bool {
    let memory = Memory::watch(subject);
    let (seconds, bytes) = export(&place.address(), &company.boss).await;
    let highest = memory.highest();
    figures.push(("export of all customers as CSV, s", format!("{seconds:.1}"), "≤ 15"));
    figures.push(("size of the export, MiB", format!("{:.0}", bytes as f64 / 1_048_576.0), ""));
    figures.push((
        "memory during the export by a server just started, the highest, MiB",
        format!("{highest:.1}"),
        "≤ 150",
    ));
    let imported = import(company).await;
    figures.push(("import of 100,000 rows from XLSX, s", format!("{imported:.1}"), "≤ 20"));
    seconds <= 15.0 && highest <= 150.0 && imported <= 20.0
}

/// Seconds and bytes; the answer is read and thrown away.
async fn export(address: &str, headers: &str) -> (f64, usize) {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("the server takes another connection");
    let request = format!(
        "GET /api/entities/customer/export?format=csv HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("a request can be sent");
    let (mut piece, mut bytes) = (vec![0; 1 << 18], 0);
    let mut status = String::new();
    loop {
        let read = stream.read(&mut piece).await.expect("the answer comes to its end");
        if read == 0 {
            break;
        }
        if bytes == 0 {
            status = String::from_utf8_lossy(&piece[..read.min(16)]).into_owned();
        }
        bytes += read;
    }
    assert!(status.contains(" 200"), "the export is answered: {status}");
    (begun.elapsed().as_secs_f64(), bytes)
}

/// Seconds from sending the workbook until the last row is stored.
async fn import(company: &Company) -> f64 {
    let workbook = workbook();
    let begun = Instant::now();
    let part = reqwest::multipart::Part::bytes(workbook).file_name("customers.xlsx");
    let form = reqwest::multipart::Form::new().part("file", part);
    let path = "/api/entities/customer/import?workflows=false";
    let request = company.admin.request(reqwest::Method::POST, path).multipart(form);
    let answer = company.admin.send(request).await;
    assert!(answer.status < 300, "{answer:?}");
    let mut job = answer.body;
    while !matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled")) {
        tokio::time::sleep(PAUSE).await;
        let id = job["id"].as_str().expect("an import is a job").to_owned();
        job = company.admin.get(&format!("/api/jobs/{id}")).await.expect(200);
    }
    assert_eq!(job["done"], Value::from(IMPORTED), "every row is stored: {job}");
    begun.elapsed().as_secs_f64()
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in COLUMNS.into_iter().enumerate() {
        sheet.write_string(0, column as u16, name).expect("a cell can be written");
    }
    for (row, customer) in Customers::new(13, 5_000_000).take(IMPORTED).enumerate() {
        for (column, name) in COLUMNS.into_iter().enumerate() {
            let value = &customer.fields[name];
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            sheet.write_string(row as u32 + 1, column as u16, text).expect("a cell can be written");
        }
    }
    workbook.save_to_buffer().expect("a workbook can be written")
}
