//! Markdown as HTML that may be shown wherever it comes from.

use pulldown_cmark::{CowStr, Event, Parser, Tag, html};

use crate::HtmlWithin;

/// What links may lead to beside places on the same site. Others, such as `javascript:`, could run something.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// The text as HTML.
pub fn of(parser: Parser<'_>, within: HtmlWithin) -> String {
    let mut page = String::new();
    match within {
        HtmlWithin::Kept => html::push_html(&mut page, parser),
        HtmlWithin::Escaped => html::push_html(&mut page, parser.map(harmless)),
    }
    page
}

fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: address(dest_url),
            title,
            id,
        }),
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Event::Start(Tag::Image {
            link_type,
            dest_url: address(dest_url),
            title,
            id,
        }),
        event => event,
    }
}

/// Browsers ignore white space and control characters in schemes, so an address with any has none that is known.
fn address(url: CowStr<'_>) -> CowStr<'_> {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
    let is_known = match scheme.split_once(':') {
        None => true,
        Some((scheme, _)) => SCHEMES
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known)),
    };
    match is_known {
        true => url,
        false => CowStr::Borrowed(""),
    }
}
