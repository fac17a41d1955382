//! What `fs.js` does through `wasi:filesystem`. The host decides what is allowed; here paths are
//! led to the directories that were granted, and refusals are told as Node tells them.

mod failure;
mod operations;
mod roots;

use rquickjs::{Array, ArrayBuffer, Ctx, Function, IntoJs, Object, String as JsString, Value};

use crate::text;
use failure::throw;
use operations::Mode;

type Path<'js> = JsString<'js>;

/// Adds the functions that `fs.js` needs to the object that the prelude knows as `native`.
pub fn add<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> rquickjs::Result<()> {
    macro_rules! native {
        ($name:literal, $function:expr) => {
            native.set(
                $name,
                Function::new(ctx.clone(), $function)?.with_name($name)?,
            )?;
        };
    }
    native!("fsRead", read);
    native!("fsReadText", read_text);
    native!("fsWrite", write);
    native!("fsWriteText", write_text);
    native!("fsReaddir", readdir);
    native!("fsStat", stat);
    native!("fsMkdir", mkdir);
    native!("fsRm", rm);
    native!("fsRename", rename);
    Ok(())
}

fn read<'js>(ctx: Ctx<'js>, path: Path<'js>) -> rquickjs::Result<ArrayBuffer<'js>> {
    ArrayBuffer::new(ctx.clone(), read_bytes(&ctx, &path)?)
}

fn read_text<'js>(ctx: Ctx<'js>, path: Path<'js>) -> rquickjs::Result<Value<'js>> {
    let bytes = read_bytes(&ctx, &path)?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    text.into_js(&ctx)
}

fn read_bytes(ctx: &Ctx<'_>, path: &Path<'_>) -> rquickjs::Result<Vec<u8>> {
    let path = text::to_rust(path)?;
    operations::read(&path).map_err(|failure| throw(ctx, failure, &path, None))
}

fn write<'js>(
    ctx: Ctx<'js>,
    path: Path<'js>,
    data: ArrayBuffer<'js>,
    offset: usize,
    length: usize,
    mode: u32,
) -> rquickjs::Result<()> {
    let bytes = data.as_bytes().unwrap_or_default();
    let end = offset.saturating_add(length).min(bytes.len());
    let bytes = bytes.get(offset..end).unwrap_or_default();
    write_bytes(&ctx, &path, bytes, mode)
}

fn write_text<'js>(
    ctx: Ctx<'js>,
    path: Path<'js>,
    data: JsString<'js>,
    mode: u32,
) -> rquickjs::Result<()> {
    write_bytes(&ctx, &path, text::to_rust(&data)?.as_bytes(), mode)
}

fn write_bytes(ctx: &Ctx<'_>, path: &Path<'_>, data: &[u8], mode: u32) -> rquickjs::Result<()> {
    let path = text::to_rust(path)?;
    let mode = match mode {
        0 => Mode::Replace,
        1 => Mode::Append,
        _ => Mode::New,
    };
    operations::write(&path, data, mode).map_err(|failure| throw(ctx, failure, &path, None))
}

/// Names and kinds in turn.
fn readdir<'js>(ctx: Ctx<'js>, path: Path<'js>) -> rquickjs::Result<Array<'js>> {
    let path = text::to_rust(&path)?;
    let entries =
        operations::entries(&path).map_err(|failure| throw(&ctx, failure, &path, None))?;
    let array = Array::new(ctx.clone())?;
    for (index, entry) in entries.into_iter().enumerate() {
        array.set(2 * index, entry.name)?;
        array.set(2 * index + 1, operations::kind(entry.type_))?;
    }
    Ok(array)
}

/// Size, time of change in milliseconds, kind.
fn stat<'js>(ctx: Ctx<'js>, path: Path<'js>) -> rquickjs::Result<Array<'js>> {
    let path = text::to_rust(&path)?;
    let stat = operations::stat(&path).map_err(|failure| throw(&ctx, failure, &path, None))?;
    let changed = stat.data_modification_timestamp.map_or(0.0, |time| {
        time.seconds as f64 * 1e3 + f64::from(time.nanoseconds) / 1e6
    });
    let array = Array::new(ctx.clone())?;
    array.set(0, stat.size as f64)?;
    array.set(1, changed)?;
    array.set(2, operations::kind(stat.type_))?;
    Ok(array)
}

/// The first directory that was made, if one was.
fn mkdir<'js>(ctx: Ctx<'js>, path: Path<'js>, recursive: bool) -> rquickjs::Result<Option<String>> {
    let path = text::to_rust(&path)?;
    let made = match recursive {
        true => operations::make_directories(&path),
        false => operations::make_directory(&path).map(|()| None),
    };
    made.map_err(|failure| throw(&ctx, failure, &path, None))
}

fn rm<'js>(ctx: Ctx<'js>, path: Path<'js>, recursive: bool, force: bool) -> rquickjs::Result<()> {
    let path = text::to_rust(&path)?;
    operations::remove(&path, recursive, force).map_err(|failure| throw(&ctx, failure, &path, None))
}

fn rename<'js>(ctx: Ctx<'js>, old: Path<'js>, new: Path<'js>) -> rquickjs::Result<()> {
    let (old, new) = (text::to_rust(&old)?, text::to_rust(&new)?);
    operations::rename(&old, &new).map_err(|failure| throw(&ctx, failure, &old, Some(&new)))
}
