//! From when until when a certificate is valid. rustls judges certificates of others, and tells of none when it ends, so
//! the two dates are read here: they are at a fixed place of X.509 (RFC 5280, 4.1).

use std::time::SystemTime;

use chrono::{DateTime, NaiveDateTime, Utc};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Of the first certificate in a PEM file.
pub fn validity(pem: &[u8]) -> Option<(SystemTime, SystemTime)> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    let (_, certificate, _) = element(&certificate)?;
    let (SEQUENCE, to_be_signed, _) = element(certificate)? else {
        return None;
    };
    let mut rest = to_be_signed;
    if rest.first() == Some(&VERSION) {
        (_, _, rest) = element(rest)?;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, rest) = element(rest)?;
    }
    let (SEQUENCE, validity, _) = element(rest)? else {
        return None;
    };
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some((from, until))
}

/// The kind of the first element of `der`, what is in it, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[kind, length], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match length {
        short @ ..=0x7f => (usize::from(short), rest),
        // As many bytes of a length as a certificate can need.
        long @ 0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
            let length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((kind, content, after))
}

fn time(der: &[u8]) -> Option<(SystemTime, &[u8])> {
    let (kind, text, rest) = element(der)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match kind {
        // Years of two digits are of this century until 49.
        UTC_TIME => match text.get(..2)?.parse::<u32>().ok()? {
            ..50 => format!("20{text}"),
            _ => format!("19{text}"),
        },
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%S").ok()?;
    Some((
        DateTime::<Utc>::from_naive_utc_and_offset(time, Utc).into(),
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(from: (i32, u8, u8), until: (i32, u8, u8)) -> Option<(String, String)> {
        let mut params = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let told = |time: SystemTime| DateTime::<Utc>::from(time).format("%Y-%m-%d").to_string();
        validity(pem.as_bytes()).map(|(from, until)| (told(from), told(until)))
    }

    #[test]
    fn both_forms_of_time_are_read() {
        for (from, until) in [
            ((1999, 12, 31), (2049, 12, 31)),
            ((2050, 1, 1), (2051, 6, 2)),
        ] {
            let told = |(year, month, day): (i32, u8, u8)| format!("{year:04}-{month:02}-{day:02}");
            assert_eq!(dates(from, until), Some((told(from), told(until))));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_dates_and_does_no_harm() {
        assert_eq!(validity(b"nothing"), None);
        let pem = |der: &[u8]| {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        };
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 0x83, 0xff, 0xff],
            &[0x30, 0x84, 0, 0, 0, 0],
            &[0x30, 2, 0x30, 0x7f],
        ] {
            assert_eq!(validity(pem(der).as_bytes()), None, "{der:?}");
        }
    }
}
