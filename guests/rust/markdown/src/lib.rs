//! Formats Markdown, tells its headings and turns it into HTML. `wit/world.wit` says how it is asked.

mod headings;
mod page;

wit_bindgen::generate!({ path: "wit", world: "markdown" });

use pulldown_cmark::{Options, Parser};
use pulldown_cmark_to_cmark::{Options as Style, cmark_with_options};

/// What GitHub has beside CommonMark.
const EXTENSIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS);
/// The deepest heading that there is.
const DEEPEST: u8 = 6;

struct Plugin;

export!(Plugin);

impl Guest for Plugin {
    fn format(text: String, bullet: Option<Bullet>) -> Result<String, Failure> {
        let style = Style {
            list_token: match bullet.unwrap_or(Bullet::Dash) {
                Bullet::Dash => '-',
                Bullet::Star => '*',
                Bullet::Plus => '+',
            },
            code_block_token_count: 3,
            increment_ordered_list_bullets: true,
            newlines_after_htmlblock: 2,
            ..Style::default()
        };
        let mut formatted = String::new();
        cmark_with_options(parser(&text), &mut formatted, EXTENSIONS, style)
            .map_err(|error| Failure::Unwritable(error.to_string()))?;
        if !formatted.is_empty() {
            formatted.push('\n');
        }
        Ok(formatted)
    }

    fn headings(text: String, deepest: Option<u8>) -> Vec<Heading> {
        headings::of(parser(&text), deepest.unwrap_or(DEEPEST))
    }

    fn contents(text: String, deepest: Option<u8>) -> String {
        let headings = headings::of(parser(&text), deepest.unwrap_or(DEEPEST));
        headings::contents(&headings)
    }

    fn html(text: String, within: Option<HtmlWithin>) -> String {
        page::of(parser(&text), within.unwrap_or(HtmlWithin::Escaped))
    }
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, EXTENSIONS)
}
