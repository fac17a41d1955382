//! Frames between a host and its worker processes: JSON, and behind it bytes that are no text.
//!
//! Eight bytes stand before each: the length of all that follows them, and that of the JSON, in little-endian order. What is
//! longer than a frame may be is neither sent nor read; memory is taken for what came, not for what was announced.

use std::io;

use bytes::{Buf as _, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest frame, in bytes: the longest result or answer, with each of its characters escaped.
pub const FRAME_BYTES_MAX: usize = 128 << 20;
/// How much is read at once, in bytes.
const READ_BYTES: usize = 32 << 10;
/// What stands before a frame.
pub const HEAD_BYTES: usize = 8;

/// One frame.
pub struct Frame {
    json: Bytes,
    /// What follows the JSON.
    pub tail: Bytes,
}

/// Something is longer than a frame may be.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong(pub usize);

impl Frame {
    /// What it says.
    ///
    /// # Errors
    /// It says something else.
    pub fn read<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.json).map_err(io::Error::other)
    }
}

/// A frame as it is sent.
///
/// # Errors
/// It would be longer than frames may be, or cannot be told as JSON, which has no length.
pub fn frame(message: &impl Serialize, tail: &[u8]) -> Result<Vec<u8>, TooLong> {
    let mut bytes = vec![0; HEAD_BYTES];
    serde_json::to_writer(&mut bytes, message).map_err(|_| TooLong(0))?;
    let json = bytes.len() - HEAD_BYTES;
    let length = json.saturating_add(tail.len());
    if length > FRAME_BYTES_MAX {
        return Err(TooLong(length));
    }
    bytes.extend_from_slice(tail);
    let (total, rest) = bytes.split_at_mut(HEAD_BYTES / 2);
    total.copy_from_slice(&(length as u32).to_le_bytes());
    if let Some(place) = rest.first_chunk_mut() {
        *place = (json as u32).to_le_bytes();
    }
    Ok(bytes)
}

/// The two lengths before a frame: of all of it, and of its JSON.
///
/// # Errors
/// It is none that a frame can have.
pub fn lengths(head: [u8; HEAD_BYTES]) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = head;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    let json = u32::from_le_bytes([e, f, g, h]) as usize;
    if length > FRAME_BYTES_MAX || json > length {
        return Err(io::Error::other(format!(
            "a frame says that it has {length} bytes, {json} of them JSON, and may have {FRAME_BYTES_MAX}"
        )));
    }
    Ok((length, json))
}

/// Reads frames. What came of one stays here when the future that reads it is dropped.
#[derive(Default)]
pub struct Frames {
    buffer: BytesMut,
}

impl Frames {
    /// The next frame; `None` where the other side is gone.
    ///
    /// # Errors
    /// It cannot be read, is cut off, or is too long.
    pub async fn next(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(Some(frame));
            }
            self.buffer.reserve(READ_BYTES);
            if from.read_buf(&mut self.buffer).await? == 0 {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }

    /// Whether all that came was read.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    fn take(&mut self) -> io::Result<Option<Frame>> {
        let Some(head) = self.buffer.first_chunk::<HEAD_BYTES>() else {
            return Ok(None);
        };
        let (length, json) = lengths(*head)?;
        if self.buffer.len() - HEAD_BYTES < length {
            return Ok(None);
        }
        self.buffer.advance(HEAD_BYTES);
        let mut whole = self.buffer.split_to(length).freeze();
        let json = whole.split_to(json);
        Ok(Some(Frame { json, tail: whole }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_as_they_were_sent_however_they_are_cut() {
        let mut sent = frame(&"first", b"\0tail").unwrap();
        sent.extend(frame(&[1, 2], b"").unwrap());
        let mut frames = Frames::default();
        let (mut reader, writer) = tokio::io::duplex(3);
        let writing = async move {
            let mut writer = writer;
            tokio::io::AsyncWriteExt::write_all(&mut writer, &sent)
                .await
                .unwrap();
        };
        let reading = async {
            let first = frames.next(&mut reader).await.unwrap().unwrap();
            assert_eq!(first.read::<String>().unwrap(), "first");
            assert_eq!(&first.tail[..], b"\0tail");
            assert!(first.read::<u32>().is_err());
            let second = frames.next(&mut reader).await.unwrap().unwrap();
            assert_eq!(second.read::<Vec<u8>>().unwrap(), [1, 2]);
            assert!(frames.next(&mut reader).await.unwrap().is_none());
            assert!(frames.is_empty());
        };
        tokio::join!(writing, reading);
    }

    #[tokio::test]
    async fn what_is_cut_off_or_too_long_is_refused() {
        let read = async |bytes: &[u8]| {
            let mut bytes = bytes;
            let read = Frames::default().next(&mut bytes).await;
            read.map(|frame| frame.is_some())
                .map_err(|error| error.kind())
        };
        let head = |length: usize, json: usize| {
            [(length as u32).to_le_bytes(), (json as u32).to_le_bytes()].concat()
        };
        assert_eq!(read(&head(0, 0)).await, Ok(true));
        assert_eq!(read(&head(1, 0)).await, Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(
            read(&head(0, 0)[..7]).await,
            Err(io::ErrorKind::UnexpectedEof)
        );
        assert_eq!(
            read(&head(FRAME_BYTES_MAX, 0)).await,
            Err(io::ErrorKind::UnexpectedEof)
        );
        assert_eq!(
            read(&head(FRAME_BYTES_MAX + 1, 0)).await,
            Err(io::ErrorKind::Other)
        );
        assert_eq!(read(&head(2, 3)).await, Err(io::ErrorKind::Other));

        let tail = vec![0; FRAME_BYTES_MAX - 4];
        assert!(frame(&"ab", &tail).is_ok());
        assert_eq!(
            frame(&"abc", &tail).err(),
            Some(TooLong(FRAME_BYTES_MAX + 1))
        );
    }
}
