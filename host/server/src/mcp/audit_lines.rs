//! The audit log as a resource, for accounts that see the whole host: the newest lines, of a day, an account or a kind where
//! the address says so. For everybody else, and where there are no accounts, there is no such address: what an agent's own
//! program reaches may not show what others do.

use std::{collections::VecDeque, io};

use percent_encoding::percent_decode_str;
use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde_json::{Value, json};

use super::Host;
use crate::{
    audit::{Audit, Settings, TableReader, TableTail, Tail, shown},
    harmless::harmless,
    live::Whose,
};

/// The address of the newest lines.
pub const ADDRESS: &str = "vesicle://audit";
/// The form of addresses of some lines.
pub const TEMPLATE: &str = "vesicle://audit{?day,account,kind}";
/// What lines are of.
pub const KINDS: [&str; 4] = ["execution", "server", "recovered", "gap"];
/// How many lines are told, the newest.
const LINES_MAX: usize = 200;
/// How much of the log's end is looked through for them, in bytes.
const READ_BYTES_MAX: u64 = 64 << 20;
/// How many lines of a database's log are looked through.
const READ_LINES_MAX: u32 = 20_000;
const MIME_TYPE: &str = "application/json";
const TITLE: &str = "Audit log";

/// Which lines are meant.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    day: Option<String>,
    account: Option<String>,
    kind: Option<String>,
}

/// The address, for those to whom there is one.
pub fn list(host: &Host) -> Option<Resource> {
    let about = "Who ran what, what it asked of the host, and how it ended: the newest lines of this host, or of all that share \
        a database";
    may_read(host).then(|| {
        Resource::new(ADDRESS, "audit")
            .with_title(TITLE)
            .with_description(about)
            .with_mime_type(MIME_TYPE)
    })
}

/// The form of addresses of some lines.
pub fn template(host: &Host) -> Option<ResourceTemplate> {
    let about = "The newest lines of a day (2026-07-28, in UTC), of an account, or of a kind: execution, server, recovered or gap";
    may_read(host).then(|| {
        ResourceTemplate::new(TEMPLATE, "audit_lines")
            .with_title(TITLE)
            .with_description(about)
            .with_mime_type(MIME_TYPE)
    })
}

/// Whether there is a log, and it is for this caller.
pub fn may_read(host: &Host) -> bool {
    host.is_admins && host.audit.settings().is_some()
}

/// The lines at this address; nothing where it is none of these, or none for this caller.
///
/// # Errors
/// The address asks for what there is not, or the log cannot be read.
pub async fn read(host: &Host, uri: &str) -> Result<Option<ReadResourceResult>, ErrorData> {
    let Some(rest) = uri.strip_prefix(ADDRESS).filter(|_| may_read(host)) else {
        return Ok(None);
    };
    let query = match rest.strip_prefix('?') {
        Some(query) => query,
        None if rest.is_empty() => "",
        None => return Ok(None),
    };
    let wanted = Wanted::read(query).map_err(|why| {
        ErrorData::resource_not_found(
            format!("{why}; addresses are {TEMPLATE}"),
            Some(json!({ "uri": uri })),
        )
    })?;
    let audit = host.audit.clone();
    let lines = tokio::task::spawn_blocking(move || lines(&audit, &wanted, READ_BYTES_MAX));
    let lines = lines.await.map_err(io::Error::other).flatten();
    let lines = lines.map_err(|error| {
        ErrorData::internal_error(format!("the audit log cannot be read: {error}"), None)
    })?;
    let text = serde_json::to_string_pretty(&lines).unwrap_or_default();
    let text = host.secrets.redact(text);
    let contents = ResourceContents::text(harmless(&text), uri).with_mime_type(MIME_TYPE);
    Ok(Some(ReadResourceResult::new(vec![contents])))
}

impl Wanted {
    fn read(query: &str) -> Result<Self, String> {
        let mut wanted = Self::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| format!("`{name}` is no text"))?;
            let place = match name {
                "day" => {
                    if chrono::NaiveDate::parse_from_str(&value, "%Y-%m-%d").is_err()
                        || value.len() != 10
                    {
                        return Err(format!("`{value}` is no day such as 2026-07-28"));
                    }
                    &mut wanted.day
                }
                "account" => &mut wanted.account,
                "kind" if KINDS.contains(&&*value) => &mut wanted.kind,
                "kind" => {
                    let kinds = KINDS.join(", ");
                    return Err(format!(
                        "there are no lines of the kind `{value}`; there are {kinds}"
                    ));
                }
                _ => return Err(format!("lines are not looked for by `{name}`")),
            };
            *place = Some(value.into_owned());
        }
        Ok(wanted)
    }

    fn fits(&self, line: &Value) -> bool {
        let is =
            |member: &str, fits: &dyn Fn(&str) -> bool| line[member].as_str().is_some_and(fits);
        self.kind
            .as_ref()
            .is_none_or(|kind| is("kind", &|it| it == kind))
            && self
                .day
                .as_ref()
                .is_none_or(|day| is("time", &|it| it.starts_with(day.as_str())))
    }
}

/// The lines, the newest last, and whether all of the log was looked through.
fn lines(audit: &Audit, wanted: &Wanted, bytes_max: u64) -> io::Result<Value> {
    let Some(settings) = audit.settings() else {
        return Ok(json!({ "lines": [] }));
    };
    // What the caller did before is in it.
    audit.flush();
    let whose = match &wanted.account {
        Some(account) => Whose::Account(account.clone()),
        None => Whose::All,
    };
    let (mut found, mut looked_through) = (VecDeque::new(), 0);
    let each = |line: String| {
        looked_through += 1;
        if let Some(line) = shown(&line, &whose).filter(|line| wanted.fits(line)) {
            if found.len() == LINES_MAX {
                found.pop_front();
            }
            found.push_back(line);
        }
        Ok(())
    };
    let is_whole = match settings {
        Settings {
            table: Some(table), ..
        } => {
            TableTail::default().read(&TableReader::new(&table.url), READ_LINES_MAX, each)?;
            looked_through < u64::from(READ_LINES_MAX)
        }
        Settings { dir, .. } => {
            let is_whole = Tail::default().behind(dir)? <= bytes_max;
            Tail::near_end(dir, bytes_max)?.read(dir, each)?;
            is_whole
        }
    };
    Ok(json!({
        "lines": found,
        "lines_max": LINES_MAX,
        "looked_through": looked_through,
        "all_looked_through": is_whole,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_which_lines() {
        let all = Wanted::read("day=2026-07-28&account=ci%2D1&kind=execution").unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            all,
            Wanted {
                day: some("2026-07-28"),
                account: some("ci-1"),
                kind: some("execution"),
            }
        );
        assert_eq!(Wanted::read("").unwrap(), Wanted::default());
        for (wrong, why) in [
            ("day=today", "is no day"),
            ("day=2026-7-28", "is no day"),
            ("day=2026-02-30", "is no day"),
            ("kind=x", "there are execution, server"),
            ("who=me", "not looked for by `who`"),
            ("account=%ff", "is no text"),
        ] {
            let error = Wanted::read(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
        let line = json!({"kind": "execution", "time": "2026-07-28T10:00:00Z"});
        assert!(all.fits(&line));
        assert!(!all.fits(&json!({"kind": "execution", "time": "2026-07-29T00:00:00Z"})));
        assert!(!all.fits(&json!({"kind": "gap", "time": "2026-07-28T10:00:00Z"})));
    }
}
