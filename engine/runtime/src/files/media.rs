//! What a file is: its bytes decide, and its name must not say otherwise.

/// What an ending promises, and which findings keep the promise: a media type, or a family with a slash at its end.
struct Promise {
    endings: &'static [&'static str],
    media: &'static str,
    kept_by: &'static [&'static str],
}

const fn promise(
    endings: &'static [&'static str],
    media: &'static str,
    kept_by: &'static [&'static str],
) -> Promise {
    Promise { endings, media, kept_by }
}

/// Endings of files that begin with a signature.
const SIGNED: &[Promise] = &[
    promise(&["png"], "image/png", &["image/png"]),
    promise(&["jpg", "jpeg", "jfif"], "image/jpeg", &["image/jpeg"]),
    promise(&["gif"], "image/gif", &["image/gif"]),
    promise(&["webp"], "image/webp", &["image/webp"]),
    promise(&["bmp"], "image/bmp", &["image/bmp"]),
    promise(&["tif", "tiff"], "image/tiff", &["image/"]),
    promise(&["heic", "heif", "avif"], "image/heif", &["image/"]),
    promise(&["ico"], "image/vnd.microsoft.icon", &["image/"]),
    promise(&["pdf"], "application/pdf", &["application/pdf"]),
    promise(&["docx"], WORD, &[WORD, "application/zip"]),
    promise(&["xlsx"], SHEET, &[SHEET, "application/zip"]),
    promise(&["pptx"], SLIDES, &[SLIDES, "application/zip"]),
    promise(
        &["odt"],
        "application/vnd.oasis.opendocument.text",
        &["application/vnd.oasis.", "application/zip"],
    ),
    promise(
        &["ods"],
        "application/vnd.oasis.opendocument.spreadsheet",
        &["application/vnd.oasis.", "application/zip"],
    ),
    promise(
        &["odp"],
        "application/vnd.oasis.opendocument.presentation",
        &["application/vnd.oasis.", "application/zip"],
    ),
    promise(&["doc", "wps"], "application/msword", OLD_OFFICE),
    promise(&["xls", "et"], "application/vnd.ms-excel", OLD_OFFICE),
    promise(&["ppt", "dps"], "application/vnd.ms-powerpoint", OLD_OFFICE),
    promise(&["zip"], "application/zip", PACKED),
    promise(&["rar"], "application/vnd.rar", &["application/vnd.rar"]),
    promise(&["7z"], "application/x-7z-compressed", &["application/x-7z-compressed"]),
    promise(&["gz"], "application/gzip", &["application/gzip"]),
    promise(&["mp3"], "audio/mpeg", &["audio/"]),
    promise(&["wav"], "audio/wav", &["audio/"]),
    promise(&["m4a"], "audio/mp4", &["audio/", "video/"]),
    promise(&["ogg", "amr", "flac", "aac"], "audio/ogg", &["audio/"]),
    promise(&["mp4", "m4v"], "video/mp4", &["video/", "audio/"]),
    promise(&["mov"], "video/quicktime", &["video/"]),
    promise(&["webm", "mkv"], "video/webm", &["video/"]),
    promise(&["avi"], "video/x-msvideo", &["video/"]),
];

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
const OLD_OFFICE: &[&str] = &[
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/x-ole-storage",
    "application/rtf",
];

/// What is a ZIP archive, whatever is in it.
const PACKED: &[&str] = &[
    "application/zip",
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.",
];

/// Endings of texts, which have no signature.
const TEXTS: &[(&str, &str)] = &[
    ("txt", "text/plain"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("tsv", "text/tab-separated-values"),
    ("json", "application/json"),
    ("xml", "text/xml"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("svg", "image/svg+xml"),
    ("eml", "message/rfc822"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
];

/// The media type of a file from its name and first bytes; `Err` with what it is instead where its ending promises
/// something else.
pub(super) fn judged(name: &str, head: &[u8]) -> Result<String, &'static str> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let found = infer::get(head).map(|found| found.mime_type());
    if let Some(promise) = SIGNED.iter().find(|promise| promise.endings.contains(&ending.as_str())) {
        let kept = |found: &str| {
            promise
                .kept_by
                .iter()
                .any(|kept| *kept == found || kept.ends_with(['/', '.']) && found.starts_with(kept))
        };
        return match found {
            Some(found) if kept(found) && promise.kept_by.len() == 1 && found.starts_with("image/") => {
                Ok(found.to_owned())
            }
            Some(found) if kept(found) => Ok(promise.media.to_owned()),
            Some(found) => Err(found),
            None if is_text(head) => Err("text/plain"),
            None => Err("application/octet-stream"),
        };
    }
    if let Some((_, media)) = TEXTS.iter().find(|(text, _)| *text == ending) {
        return if is_text(head) {
            Ok((*media).to_owned())
        } else {
            Err(found.unwrap_or("application/octet-stream"))
        };
    }
    Ok(match found {
        Some(found) => found.to_owned(),
        None if is_text(head) => "text/plain".to_owned(),
        None => "application/octet-stream".to_owned(),
    })
}

/// Whether the bytes read as text: no zero byte, unless it says that it is UTF-16.
fn is_text(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) || !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0";

    #[test]
    fn bytes_decide_and_the_name_must_not_say_otherwise() {
        for (name, head, expected) in [
            ("a.png", PNG, Ok("image/png")),
            ("A.PNG", PNG, Ok("image/png")),
            ("a.jpg", PNG, Err("image/png")),
            ("a.png", b"<!DOCTYPE html><script>x()</script>".as_slice(), Err("text/html")),
            ("a.png", b"plain", Err("text/plain")),
            ("a.png", b"\0\0\0", Err("application/octet-stream")),
            ("a.pdf", b"%PDF-1.7\n", Ok("application/pdf")),
            ("a.pdf", b"MZ\x90\0\x03", Err("application/vnd.microsoft.portable-executable")),
            ("a.docx", b"PK\x03\x04\x14\0\0\0", Ok(WORD)),
            ("a.docx", OLE, Err("application/x-ole-storage")),
            ("a.xls", OLE, Ok("application/vnd.ms-excel")),
            ("a.zip", b"PK\x03\x04\x14\0\0\0", Ok("application/zip")),
            ("a.zip", b"MZ\x90\0\x03", Err("application/vnd.microsoft.portable-executable")),
            ("a.txt", "客户 A".as_bytes(), Ok("text/plain")),
            ("a.csv", b"\xff\xfea\0", Ok("text/csv")),
            ("a.txt", PNG, Err("image/png")),
            ("a.svg", b"<svg onload='x()'/>", Ok("image/svg+xml")),
            ("a", PNG, Ok("image/png")),
            ("a.unknown", b"\0\x01", Ok("application/octet-stream")),
            (".png", b"text", Err("text/plain")),
            ("a.png.", b"text", Ok("text/plain")),
        ] {
            let judged = judged(name, head);
            assert_eq!(judged.as_deref().map_err(|found| *found), expected, "{name} {head:?}");
        }
    }
}
