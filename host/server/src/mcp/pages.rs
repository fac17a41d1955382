//! Lists in pages. A cursor is opaque to clients; one of another list, or none of this server's, is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rmcp::{ErrorData, model::PaginatedRequestParams};

/// How many entries one answer lists.
pub const PAGE_MAX: usize = 200;

/// A page of a list, and the cursor of the next one.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub entries: Vec<T>,
    /// What asks for the next.
    pub next: Option<String>,
}

/// The page of `all` that a client asks for; `list` tells cursors of one list from those of others.
///
/// # Errors
/// The cursor is none of this list.
pub fn page<T>(
    list: &str,
    all: Vec<T>,
    request: Option<PaginatedRequestParams>,
) -> Result<Page<T>, ErrorData> {
    let from = match request.and_then(|request| request.cursor) {
        None => 0,
        Some(cursor) => read(list, &cursor).filter(|from| *from < all.len()).ok_or_else(|| {
            let why = format!(
                "there is no page of {list} at this cursor; list them from the beginning, without one"
            );
            ErrorData::invalid_params(why, None)
        })?,
    };
    let next = from + PAGE_MAX;
    Ok(Page {
        next: (next < all.len()).then(|| write(list, next)),
        entries: all.into_iter().skip(from).take(PAGE_MAX).collect(),
    })
}

fn write(list: &str, from: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list} {from}"))
}

fn read(list: &str, cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (of, from) = text.split_once(' ')?;
    let from: usize = from.parse().ok()?;
    (of == list && from > 0 && from.is_multiple_of(PAGE_MAX)).then_some(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, cursor: Option<&str>) -> Result<Page<usize>, ErrorData> {
        let request = cursor
            .map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor.to_owned())));
        page("numbers", (0..count).collect(), request)
    }

    #[test]
    fn a_list_is_divided_at_its_edge() {
        let whole = numbers(PAGE_MAX, None).unwrap();
        assert_eq!((whole.entries.len(), whole.next), (PAGE_MAX, None));
        let first = numbers(PAGE_MAX + 1, None).unwrap();
        assert_eq!(first.entries.len(), PAGE_MAX);
        let second = numbers(PAGE_MAX + 1, first.next.as_deref()).unwrap();
        assert_eq!((second.entries, second.next), (vec![PAGE_MAX], None));
        assert_eq!(numbers(0, None).unwrap().entries, Vec::<usize>::new());
    }

    #[test]
    fn wrong_cursors_are_refused() {
        let cursor = write("numbers", PAGE_MAX);
        assert!(numbers(PAGE_MAX, Some(&cursor)).is_err(), "beyond the end");
        for cursor in [
            "",
            "200",
            "no base64!",
            &write("letters", PAGE_MAX),
            &write("numbers", 0),
            &write("numbers", 1),
            &URL_SAFE_NO_PAD.encode("numbers -200"),
        ] {
            let refused = numbers(10 * PAGE_MAX, Some(cursor)).unwrap_err();
            assert!(refused.message.contains("no page of numbers"), "{cursor}");
        }
    }
}
