//! Headings, and what links to them end in.

use std::collections::HashMap;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::Heading;

/// The headings down to a level.
pub fn of(parser: Parser<'_>, deepest: u8) -> Vec<Heading> {
    let mut headings = Vec::new();
    let mut anchors = HashMap::new();
    let mut open: Option<Heading> = None;
    for event in parser {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(Heading {
                    level: level as u8,
                    text: String::new(),
                    anchor: String::new(),
                });
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(mut heading) = open.take() {
                    // Those that are left out count for the anchors of the others.
                    heading.anchor = anchor(&heading.text, &mut anchors);
                    if heading.level <= deepest {
                        headings.push(heading);
                    }
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut open {
                    heading.text += &text;
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut open {
                    heading.text.push(' ');
                }
            }
            _ => {}
        }
    }
    headings
}

/// As GitHub does it: in small letters, without punctuation, with dashes for spaces, and numbered where it is not the first.
fn anchor(text: &str, known: &mut HashMap<String, u32>) -> String {
    let kept = text.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c => c.is_alphanumeric().then_some(c),
    });
    let anchor: String = kept.flat_map(char::to_lowercase).collect();
    let count = known.entry(anchor.clone()).or_default();
    let numbered = match *count {
        0 => anchor,
        count => format!("{anchor}-{count}"),
    };
    *count += 1;
    numbered
}

/// A list of links, with as few levels as there are.
pub fn contents(headings: &[Heading]) -> String {
    let top = headings.iter().map(|heading| heading.level).min();
    let lines = headings.iter().map(|heading| {
        let depth = usize::from(heading.level - top.unwrap_or(heading.level));
        let text = heading.text.replace('\\', "\\\\");
        let text = text.replace('[', "\\[").replace(']', "\\]");
        format!(
            "{:indent$}- [{text}](#{})\n",
            "",
            heading.anchor,
            indent = depth * 2
        )
    });
    lines.collect()
}
