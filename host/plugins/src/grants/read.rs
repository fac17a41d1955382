//! The keys of a grant.

use std::path::PathBuf;

use super::{Grant, Granted, GrantedHost, GrantedPreopen};
use crate::digest::Digest;
use crate::document::Section;
use crate::name::PluginName;
use crate::permissions::{
    Access, ENTRIES_MAX, HostPattern, ToolPattern, env_name, guest_path, limits, memory,
};

/// How many entries a list of a grant may have; more than a manifest's, as patterns are spelled out here.
const GRANTED_MAX: usize = 4 * ENTRIES_MAX;
/// The most that a quota may be, as in the configuration.
const QUOTA_MAX: u64 = 1_000_000_000;
/// The longest path of the host, in bytes.
const PATH_BYTES_MAX: usize = 4_096;

pub(super) fn grant(section: &mut Section<'_, '_>) -> Option<Grant> {
    let plugin = section.needed("plugin", "the plugin's name", |text| {
        PluginName::parse(text).map_err(|error| error.why)
    });
    let digest = section.needed(
        "digest",
        "the digest of its component, as `vesicle plugin info` shows it",
        |text| Digest::parse(text).ok_or_else(String::new),
    );
    let hosts = "hosts with ports, such as \"api.example.com:443\"";
    let granted = Granted {
        preopens: section.sections("preopen", GRANTED_MAX, preopen),
        hosts: section.texts_or_sections("hosts", hosts, GRANTED_MAX, plain_host, host),
        env: section.texts(
            "env",
            "names of variables, such as \"CI_TOKEN\"",
            GRANTED_MAX,
            env_name,
        ),
        tools: section.texts(
            "tools",
            "tools of servers, such as \"github.get_*\"",
            GRANTED_MAX,
            ToolPattern::parse,
        ),
        memory: section.section("memory", memory).unwrap_or_default(),
        state: section.boolean("state"),
        questions: section.boolean("questions"),
        limits: section.section("limits", limits).unwrap_or_default(),
    };
    for (index, preopen) in granted.preopens.iter().enumerate() {
        if granted
            .preopens
            .iter()
            .take(index)
            .any(|other| other.guest == preopen.guest)
        {
            let what = format!("`{}` is granted twice", preopen.guest);
            section.problem_at("preopen", what, "leave one out");
        }
    }
    Some(Grant {
        plugin: plugin?,
        digest: digest?,
        granted,
    })
}

fn preopen(section: &mut Section<'_, '_>) -> Option<GrantedPreopen> {
    let host = section.needed(
        "host",
        "the directory, as an absolute path",
        |text| match text.starts_with('/') && text.len() <= PATH_BYTES_MAX && !text.contains('\0') {
            true => Ok(PathBuf::from(text)),
            false => Err(String::new()),
        },
    );
    let guest = section.needed(
        "guest",
        "the plugin's name for it, such as \"/data\"",
        guest_path,
    );
    let access = section.text("access", "\"read\" or \"read-write\"", Access::parse);
    Some(GrantedPreopen {
        access: access.unwrap_or(Access::Read),
        quota_mb: section.number("quota_mb", 0..=QUOTA_MAX),
        quota_files: section.number("quota_files", 0..=QUOTA_MAX),
        host: host?,
        guest: guest?,
    })
}

fn plain_host(text: &str) -> Result<GrantedHost, String> {
    Ok(GrantedHost {
        host: HostPattern::parse(text)?,
        addresses: vec![],
    })
}

fn host(section: &mut Section<'_, '_>) -> Option<GrantedHost> {
    let host = section.needed(
        "host",
        "a host with its port, such as \"db.internal:443\"",
        HostPattern::parse,
    );
    let addresses = "addresses or ranges, such as \"10.0.0.5\"";
    let addresses = section.texts("addresses", addresses, GRANTED_MAX, |text| {
        Ok(text.to_owned())
    });
    let host = host?;
    if let Err(error) = host.at(&addresses) {
        section.problem_at("addresses", error, "correct it, or leave `addresses` out");
    }
    Some(GrantedHost { host, addresses })
}
