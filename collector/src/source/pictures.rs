//! Pictures of the screen as PNG files. Nothing in a picture can be masked: they are taken only where the plan says that
//! a person agreed.

use koff_bundle::acquisition::{Acquisition, State};

use super::{Content, Raw};
use crate::host::{Answer, Host, Picture, Scene};

/// One picture.
///
/// # Errors
/// As the host says.
pub fn take(host: &dyn Host, scene: Scene) -> Answer<Raw> {
    let picture = host.picture(scene)?;
    let bytes = encode(&picture)
        .map_err(|error| Acquisition::ended(State::Failed, format!("the picture could not be encoded: {error}")))?;
    Ok(Raw { bytes_read: picture.rgb.len() as u64, ..Raw::whole(Content::Picture(bytes)) })
}

fn encode(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture.rgb)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_as_it_was() {
        let rgb = vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
        let bytes = encode(&Picture { width: 2, height: 2, rgb: rgb.clone() }).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut back = vec![0; 12];
        assert_eq!((reader.info().width, reader.info().height), (2, 2));
        reader.next_frame(&mut back).unwrap();
        assert_eq!(back, rgb);
        // Bytes that are fewer than the size says are an error, not a broken file.
        assert!(encode(&Picture { width: 3, height: 2, rgb }).is_err());
    }
}
