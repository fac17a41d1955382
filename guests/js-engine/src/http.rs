//! What `fetch.js` does through `vesicle:plugin/http`. Whether and how a request goes out is decided by
//! the host; here it is only handed over.

use rquickjs::{Array, ArrayBuffer, Ctx, IntoJs, Value};

use crate::calls::{self, Kind};
use crate::vesicle::plugin::http::{self, Redirects, Request};

pub use crate::vesicle::plugin::http::{Response, take};

/// Starts a request, and answers with the promise of its response. `headers` are names and values in
/// turn.
pub fn start<'js>(
    ctx: Ctx<'js>,
    method: String,
    url: String,
    headers: Vec<String>,
    body: Option<ArrayBuffer<'js>>,
    redirects: u32,
) -> rquickjs::Result<Value<'js>> {
    let body = body.map(|body| body.as_bytes().unwrap_or_default().to_vec());
    let mut values = headers.into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (values.next(), values.next()) {
        pairs.push((name, value));
    }
    let request = Request {
        method,
        url,
        headers: pairs,
        body,
        redirects: match redirects {
            0 => Redirects::Follow,
            1 => Redirects::Error,
            _ => Redirects::Manual,
        },
    };
    calls::begin(ctx, Kind::Http, || http::start(&request))
}

/// A response, in the order that `response.js` reads it.
pub fn told<'js>(ctx: &Ctx<'js>, response: Response) -> rquickjs::Result<Value<'js>> {
    let headers = Array::new(ctx.clone())?;
    for (index, (name, value)) in response.headers.into_iter().enumerate() {
        headers.set(2 * index, name)?;
        headers.set(2 * index + 1, value)?;
    }
    let told = Array::new(ctx.clone())?;
    told.set(0, response.status)?;
    told.set(1, response.reason)?;
    told.set(2, response.url)?;
    told.set(3, response.redirected)?;
    told.set(4, headers)?;
    told.set(5, ArrayBuffer::new(ctx.clone(), response.body)?)?;
    told.into_js(ctx)
}
