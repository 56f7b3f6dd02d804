//! Small pictures of pictures. What is decoded came from anybody, so how much of it is decoded is bounded first.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

/// The most pixels of a picture, width times height.
pub(super) const PIXELS: u64 = 64_000_000;
/// The most bytes that one decoding may take.
const ALLOCATED: u64 = 192 * 1024 * 1024;
/// The longer edge of a small picture, in pixels.
const EDGE: u32 = 320;
/// How much of a photograph JPEG keeps, of 100.
const QUALITY: u8 = 80;

/// How many pixels a picture says that it has, as far as its first bytes tell.
pub(super) fn pixels(head: &[u8]) -> Option<u64> {
    let reader = ImageReader::new(Cursor::new(head)).with_guessed_format().ok()?;
    let (width, height) = reader.into_dimensions().ok()?;
    Some(u64::from(width) * u64::from(height))
}

/// A small picture, upright, as PNG where anything shines through and else as JPEG; the first one of a moving picture.
/// `None` where the bytes are no picture, or one that is too large.
pub(super) fn small(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(ALLOCATED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS || decoder.total_bytes() > ALLOCATED {
        return None;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let whole = DynamicImage::from_decoder(decoder).ok()?;
    let mut small = if width.max(height) > EDGE { whole.thumbnail(EDGE, EDGE) } else { whole };
    small.apply_orientation(orientation);
    let mut encoded = Vec::new();
    let done = if small.color().has_alpha() {
        small.to_rgba8().write_with_encoder(PngEncoder::new(&mut encoded))
    } else {
        small.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut encoded, QUALITY))
    };
    done.ok().map(|()| encoded)
}

/// The media type of a small picture.
pub(super) fn media(small: &[u8]) -> &'static str {
    if small.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" }
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Rgb, Rgba};

    use super::*;

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_with_encoder(PngEncoder::new(&mut bytes)).expect("encoded");
        bytes
    }

    fn edges(bytes: &[u8]) -> (u32, u32) {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().expect("a format");
        reader.into_dimensions().expect("a picture")
    }

    #[test]
    fn a_picture_becomes_small_and_stays_what_it_shows() {
        let photo = png(&DynamicImage::ImageRgb8(ImageBuffer::from_pixel(1000, 500, Rgb([200, 30, 30]))));
        let made = small(&photo).expect("a small one");
        assert_eq!((edges(&made), media(&made)), ((320, 160), "image/jpeg"));
        assert!(made.len() < 10_000, "{}", made.len());
        let glass = png(&DynamicImage::ImageRgba8(ImageBuffer::from_pixel(100, 50, Rgba([0, 0, 0, 90]))));
        let made = small(&glass).expect("a small one");
        assert_eq!((edges(&made), media(&made)), ((100, 50), "image/png"));
    }

    #[test]
    fn what_is_no_picture_or_too_large_gives_none() {
        assert_eq!(small(b"<html>"), None);
        let photo = png(&DynamicImage::ImageRgb8(ImageBuffer::from_pixel(64, 64, Rgb([1, 2, 3]))));
        assert_eq!(small(&photo[..photo.len() / 2]), None);
        let mut bomb = photo;
        // Width and height of the header, 20,000 each, with its check sum.
        bomb[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
        let sum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(pixels(&bomb), Some(400_000_000));
        assert_eq!(small(&bomb), None);
    }

    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            }
        }
        !crc
    }
}
