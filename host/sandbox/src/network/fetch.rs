//! A whole fetch, as `vesicle:plugin/http` has it: redirects are followed here, so that each is checked
//! as the first request was and a secret goes to its own host and no further.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::body::request_too_large;
use super::exchange::{Answer, Outgoing, send};
use super::limits::REDIRECTS_MAX;
use super::session::Session;
use super::target::Target;
use super::watch::Note;
use super::{NetworkError, headers};
use crate::CapabilityError;
use crate::guest::http_types::{Redirects, Request, Response};

/// What another origin does not get of what the program gave for the first.
const CREDENTIALS: [HeaderName; 2] = [header::AUTHORIZATION, header::COOKIE];
/// What describes a body, and goes where it goes.
const OF_BODY: [HeaderName; 4] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

/// A request that may be sent.
pub struct Fetch {
    pub(super) target: Target,
    method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
    redirects: Redirects,
    /// As the code gave it, for whoever sends it, where this process does not.
    pub(super) asked: Option<Box<Request>>,
}

/// A response, with the place among the requests under way that it holds until it is dropped. The
/// host keeps it for the guest, so that this bounds how much it keeps.
pub struct Fetched {
    pub response: Response,
    _place: OwnedSemaphorePermit,
}

impl Fetched {
    /// A response that came from elsewhere.
    pub(super) fn new(response: Response, place: OwnedSemaphorePermit) -> Self {
        Self {
            response,
            _place: place,
        }
    }
}

impl Fetch {
    /// Reads a request, and refuses it where it could not be sent.
    pub fn new(session: &Session, request: Request) -> Result<Self, NetworkError> {
        let mut note = Note::new(session.network.watch.clone(), None, &request.method);
        let elsewhere = session.network.elsewhere.as_ref();
        let mut asked = elsewhere.map(|_| Box::new(request.clone()));
        let mut read = Self::read(session, request, &mut note);
        match &mut read {
            Ok(fetch) => {
                fetch.asked = asked.take();
                note.forget();
            }
            Err(error) => note.record.verdict = error.code(),
        }
        if let (Some(elsewhere), Some(mut asked)) = (elsewhere, asked) {
            // Whoever notes it has to see that its body is too large, and no more of it.
            let seen = session.limits().request_bytes.saturating_add(1);
            if let Some(body) = &mut asked.body {
                body.truncate(usize::try_from(seen).unwrap_or(usize::MAX));
            }
            elsewhere.refused(*asked);
        }
        read
    }

    fn read(session: &Session, request: Request, note: &mut Note) -> Result<Self, NetworkError> {
        let target = Target::parse(&request.url)?;
        note.record.host = target.entry();
        // Before anything else is said of it, whether it may be sent at all.
        session.grant(&target)?;
        let limits = session.limits();
        if request
            .body
            .as_ref()
            .is_some_and(|body| body.len() as u64 > limits.request_bytes)
        {
            return Err(request_too_large(&limits));
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| NetworkError::Request("the method is none that HTTP has".to_owned()))?;
        Ok(Self {
            target,
            method,
            headers: headers::read(&request.headers)?,
            body: request.body.map(Bytes::from),
            redirects: request.redirects,
            asked: None,
        })
    }

    /// Sends it, and what follows from redirects, and reads the whole answer.
    pub async fn run(self, session: &Session) -> Result<Fetched, CapabilityError> {
        match &session.network.elsewhere {
            Some(elsewhere) => self.run_elsewhere(session, &**elsewhere).await,
            None => Ok(self.run_within(session, session.limits().total).await?),
        }
    }

    /// As [`run`](Self::run), from this process and within this time.
    pub async fn run_within(
        mut self,
        session: &Session,
        time: Duration,
    ) -> Result<Fetched, NetworkError> {
        let limits = session.limits();
        let deadline = Instant::now() + time.min(limits.total);
        for followed in 0..=REDIRECTS_MAX {
            let outgoing = Outgoing {
                method: self.method.clone(),
                headers: self.headers.clone(),
                body: Full::new(self.body.clone().unwrap_or_default()),
            };
            let sending = send(session, &self.target, outgoing, &limits, deadline).await;
            let answer = match sending {
                Err(error) if followed > 0 => return Err(redirected(error)),
                sending => sending?,
            };
            let Some(location) = location(&answer) else {
                return whole(session, answer, &self.target, followed > 0).await;
            };
            match self.redirects {
                Redirects::Manual => return whole(session, answer, &self.target, false).await,
                Redirects::Error => {
                    return Err(NetworkError::Redirect(format!(
                        "{} redirects, which the request takes as an error",
                        self.target
                    )));
                }
                Redirects::Follow => {}
            }
            let next = self.target.join(&location?)?;
            self.follow(next, answer.parts.status);
            answer.body.leave();
        }
        Err(NetworkError::Redirect(format!(
            "{} is the end of {REDIRECTS_MAX} redirects, after which no more are followed",
            self.target
        )))
    }

    /// Becomes the request that a redirect asks for, as the Fetch standard has it.
    fn follow(&mut self, next: Target, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            StatusCode::SEE_OTHER => ![Method::GET, Method::HEAD].contains(&self.method),
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            for name in OF_BODY {
                self.headers.remove(name);
            }
        }
        if !self.target.is_origin_of(&next) {
            for name in CREDENTIALS {
                self.headers.remove(name);
            }
        }
        self.target = next;
    }
}

/// Where an answer leads; `None` where it is no redirect.
fn location(answer: &Answer) -> Option<Result<String, NetworkError>> {
    let is_redirect = matches!(answer.parts.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.parts.headers.get(header::LOCATION)?;
    let text = std::str::from_utf8(location.as_bytes());
    is_redirect.then(|| {
        text.map(str::to_owned)
            .map_err(|_| NetworkError::Redirect("a redirect leads to no URL".to_owned()))
    })
}

fn redirected(error: NetworkError) -> NetworkError {
    match error {
        NetworkError::NotGranted { place, entry } => NetworkError::NotGranted {
            place: format!("a redirect leads to {place}, which"),
            entry,
        },
        error => error,
    }
}

async fn whole(
    session: &Session,
    answer: Answer,
    target: &Target,
    redirected: bool,
) -> Result<Fetched, NetworkError> {
    let Answer {
        parts,
        body,
        has_secret,
    } = answer;
    let mut headers = parts.headers;
    let (mut body, place) = body.read().await?;
    if has_secret {
        (headers, body) = without_secrets(session, headers, body);
    }
    let reason = parts.extensions.get::<hyper::ext::ReasonPhrase>();
    let reason = match reason {
        Some(reason) => reason
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect(),
        None => parts
            .status
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
    };
    let response = Response {
        status: parts.status.as_u16(),
        // It could repeat the secret as well.
        reason: if has_secret { String::new() } else { reason },
        url: target.href().to_owned(),
        redirected,
        headers: headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), headers::text(value)))
            .collect(),
        body,
    };
    Ok(Fetched {
        response,
        _place: place,
    })
}

/// An answer that may repeat what the host added to the request.
pub fn without_secrets(
    session: &Session,
    mut headers: HeaderMap,
    body: Vec<u8>,
) -> (HeaderMap, Vec<u8>) {
    let Some(transport) = &session.network.transport else {
        return (headers, body);
    };
    for value in headers.values_mut() {
        let redacted = transport.redact.redact(value.as_bytes().to_vec());
        if let Ok(redacted) = redacted.try_into() {
            *value = redacted;
        }
    }
    let length = body.len();
    let body = transport.redact.redact(body);
    if body.len() != length {
        headers.remove(header::CONTENT_LENGTH);
    }
    (headers, body)
}
