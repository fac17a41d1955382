//! HTTP: whether the address is free, the certificate good, and anybody let in.

use std::{
    io,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, SystemTime},
};

use vesicle::{
    accounts::TokensFile,
    config::Configuration,
    http::{HttpConfig, TlsFiles, check_tls},
};

use super::{Findings, certificate};

/// From here on a certificate is renewed by most who do it by themselves.
const SOON: Duration = Duration::from_secs(21 * 24 * 60 * 60);

/// Where it is configured.
pub fn check(configuration: &Configuration, findings: &mut Findings) {
    let Some(http) = configuration.http() else {
        return;
    };
    match TcpListener::bind(http.listen) {
        Ok(_) => findings.ok("http", format!("{} is free", http.listen)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => findings.warning(
            "http",
            format!("{} is taken", http.listen),
            "all is well if that is `vesicle serve`; else end the other program, or change `listen` under [http]",
        ),
        Err(error) => findings.problem(
            "http",
            format!("{} cannot be listened at: {error}", http.listen),
            "name an address of this machine, and a port from 1024 on unless you may use others",
        ),
    }
    match &http.tls {
        Some(files) => tls(files, findings),
        None if !http.listen.ip().is_loopback() => findings.warning(
            "http",
            "requests from other machines, and tokens with them, come in the clear",
            "set `tls_cert` and `tls_key` under [http], unless a proxy in front speaks TLS",
        ),
        None => {}
    }
    tokens(http, findings);
}

fn tls(files: &TlsFiles, findings: &mut Findings) {
    if let Err(error) = check_tls(files) {
        return findings.problem(
            "certificate",
            error.to_string(),
            "name a certificate and its own key, both in PEM format, that this user may read",
        );
    }
    let mode = files
        .key
        .metadata()
        .map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o007 != 0) {
        findings.warning(
            "certificate",
            format!(
                "everybody on this machine may read the key in `{}`",
                files.key.display()
            ),
            format!("chmod o-rwx '{}'", files.key.display()),
        );
    }
    let validity = std::fs::read(&files.cert)
        .ok()
        .and_then(|pem| certificate::validity(&pem));
    let Some((from, until)) = validity else {
        return findings.warning(
            "certificate",
            format!(
                "how long `{}` is valid cannot be read",
                files.cert.display()
            ),
            "see `openssl x509 -noout -dates -in FILE`",
        );
    };
    let now = SystemTime::now();
    let told = chrono::DateTime::<chrono::Utc>::from(until).format("%Y-%m-%d %H:%M:%S UTC");
    let what = format!("`{}` is valid until {told}", files.cert.display());
    let renew = "renew it, and send `vesicle serve` a SIGHUP, which reads it again";
    if from > now {
        findings.problem(
            "certificate",
            format!("`{}` is not valid yet", files.cert.display()),
            "see the clock, or wait",
        );
    } else if until <= now {
        findings.problem(
            "certificate",
            format!("`{}` was valid until {told}", files.cert.display()),
            renew,
        );
    } else if until <= now + SOON {
        findings.warning("certificate", what, renew);
    } else {
        findings.ok("certificate", what);
    }
}

fn tokens(http: &HttpConfig, findings: &mut Findings) {
    let Some(path) = &http.tokens else {
        return findings.ok(
            "accounts",
            "none are needed, as only this machine can reach the host",
        );
    };
    let now = SystemTime::now();
    match TokensFile::read(path) {
        Ok(file) => match file
            .tokens()
            .iter()
            .filter(|token| !token.is_over(now))
            .count()
        {
            0 => findings.problem(
                "accounts",
                "everybody needs a token, and there is none that is valid",
                "`vesicle token create --name NAME` makes one",
            ),
            valid => findings.ok("accounts", format!("{valid} valid tokens")),
        },
        Err(error) => findings.problem(
            "accounts",
            error.to_string(),
            "correct the file, or see that it is yours",
        ),
    }
}
