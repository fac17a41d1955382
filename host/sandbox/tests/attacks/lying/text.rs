//! The texts of components, with what would be long in them written short:
//!
//! ```text
//! ;; repeat 3        the lines to `;; end`, three times, with the number of each for `@`
//! ;; nest 3          the lines to `;; within`, three times, and then those to `;; end`, three times
//! ```

/// The text in full.
pub fn expand(text: &str) -> Result<String, String> {
    let mut expanded = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut until = |end: &str| -> Result<String, String> {
            let mut block = String::new();
            for line in lines.by_ref() {
                if line == end {
                    return Ok(block);
                }
                block.push_str(line);
                block.push('\n');
            }
            Err(format!("there is no `{end}`"))
        };
        if let Some(times) = line.strip_prefix(";; repeat ") {
            let block = until(";; end")?;
            for index in 0..number(times)? {
                expanded.push_str(&block.replace('@', &index.to_string()));
            }
        } else if let Some(times) = line.strip_prefix(";; nest ") {
            let (before, after) = (until(";; within")?, until(";; end")?);
            let times = number(times)?;
            expanded.push_str(&before.repeat(times));
            expanded.push_str(&after.repeat(times));
        } else {
            expanded.push_str(line);
            expanded.push('\n');
        }
    }
    Ok(expanded)
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no number of times"))
}

#[test]
fn blocks_are_repeated_and_nested() {
    let text = "a\n;; repeat 2\nb@\n;; end\n;; nest 2\n(\n;; within\n)\n;; end\nc\n";
    assert_eq!(expand(text).unwrap(), "a\nb0\nb1\n(\n(\n)\n)\nc\n");
    assert!(expand(";; repeat 2\nb\n").is_err());
}
