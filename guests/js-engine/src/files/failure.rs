//! Refusals and failures, as Node tells them: a code, a message, the call and its paths. What an
//! operator would have to configure is added where that is the reason.

use rquickjs::object::Property;
use rquickjs::{Ctx, Exception};

use crate::wasi::filesystem::types::ErrorCode;

/// What went wrong.
pub struct Failure {
    code: &'static str,
    reason: &'static str,
    syscall: &'static str,
    note: String,
}

impl Failure {
    /// A code of WASI, told of a call.
    pub fn of(syscall: &'static str) -> impl Fn(ErrorCode) -> Self {
        move |error| {
            let (code, reason) = node(error);
            Self {
                code,
                reason,
                syscall,
                note: note(error).to_owned(),
            }
        }
    }

    /// A directory, where only `recursive` removes one.
    pub fn needs_recursive() -> Self {
        Self {
            code: "ERR_FS_EISDIR",
            reason: "path is a directory",
            syscall: "rm",
            note: "use { recursive: true }".to_owned(),
        }
    }

    /// Files cannot be used now.
    pub fn not_there(syscall: &'static str, why: String) -> Self {
        let (code, reason) = node(ErrorCode::Access);
        Self {
            code,
            reason,
            syscall,
            note: why,
        }
    }

    /// A path in none of the directories, which are `granted`.
    pub fn not_granted(syscall: &'static str, granted: &str) -> Self {
        let note = match granted {
            "" => {
                "no directory is granted to this code; a [[preopen]] in vesicle.toml grants one, \
                   with host = \"…\", guest = \"/data\" and access = \"read\""
                    .to_owned()
            }
            granted => format!("granted are {granted}; a [[preopen]] in vesicle.toml grants more"),
        };
        let (code, reason) = node(ErrorCode::Access);
        Self {
            code,
            reason,
            syscall,
            note,
        }
    }
}

/// Throws it as an error with Node's properties.
pub fn throw(ctx: &Ctx<'_>, failure: Failure, path: &str, to: Option<&str>) -> rquickjs::Error {
    let Failure {
        code,
        reason,
        syscall,
        note,
    } = failure;
    let mut message = format!("{code}: {reason}, {syscall} '{path}'");
    if let Some(to) = to {
        message.push_str(&format!(" -> '{to}'"));
    }
    if !note.is_empty() {
        message.push_str(&format!(" ({note})"));
    }
    let made = || {
        let exception = Exception::from_message(ctx.clone(), &message)?;
        let object = exception.as_object();
        // As an error's message is: there, and not among its properties.
        let message = Property::from(message.as_str()).writable().configurable();
        object.prop("message", message)?;
        object.set("code", code)?;
        object.set("syscall", syscall)?;
        object.set("path", path)?;
        if let Some(to) = to {
            object.set("dest", to)?;
        }
        Ok(exception)
    };
    match made() {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

fn node(error: ErrorCode) -> (&'static str, &'static str) {
    match error {
        ErrorCode::Access | ErrorCode::NotPermitted => ("EACCES", "permission denied"),
        ErrorCode::Busy => ("EBUSY", "resource busy or locked"),
        ErrorCode::CrossDevice => ("EXDEV", "cross-device link not permitted"),
        ErrorCode::Exist => ("EEXIST", "file already exists"),
        ErrorCode::FileTooLarge => ("EFBIG", "file too large"),
        ErrorCode::IllegalByteSequence => ("EILSEQ", "illegal byte sequence"),
        ErrorCode::InsufficientMemory => ("ENOMEM", "not enough memory"),
        ErrorCode::InsufficientSpace => ("ENOSPC", "no space left on device"),
        ErrorCode::Invalid => ("EINVAL", "invalid argument"),
        ErrorCode::IsDirectory => ("EISDIR", "illegal operation on a directory"),
        ErrorCode::Loop => ("ELOOP", "too many symbolic links encountered"),
        ErrorCode::NameTooLong => ("ENAMETOOLONG", "name too long"),
        ErrorCode::NoEntry => ("ENOENT", "no such file or directory"),
        ErrorCode::NotDirectory => ("ENOTDIR", "not a directory"),
        ErrorCode::NotEmpty => ("ENOTEMPTY", "directory not empty"),
        ErrorCode::Quota => ("EDQUOT", "disk quota exceeded"),
        ErrorCode::ReadOnly => ("EROFS", "read-only file system"),
        ErrorCode::TextFileBusy => ("ETXTBSY", "text file is busy"),
        ErrorCode::Unsupported => ("ENOTSUP", "operation not supported"),
        _ => ("EIO", "i/o error"),
    }
}

fn note(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::NotPermitted => "it leads out of the granted directory",
        ErrorCode::CrossDevice => {
            "the two are in different granted directories; write a copy and remove the original"
        }
        ErrorCode::Quota => {
            "one call may not write more here; quota_mb and quota_files of the [[preopen]] in \
             vesicle.toml say how much"
        }
        ErrorCode::ReadOnly => {
            "it is granted for reading; access = \"read-write\" of its [[preopen]] in vesicle.toml \
             would allow this"
        }
        ErrorCode::Unsupported => "it is no regular file or directory",
        _ => "",
    }
}
