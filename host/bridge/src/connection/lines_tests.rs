use tokio::io::AsyncReadExt;

use super::*;

async fn read(input: &[u8], line_bytes: usize) -> (String, io::Result<()>) {
    let mut lines = BoundedLines::new(input, line_bytes);
    let mut output = Vec::new();
    let mut buffer = [0; 7];
    loop {
        match lines.read(&mut buffer).await {
            Ok(0) => return (String::from_utf8_lossy(&output).into_owned(), Ok(())),
            Ok(read) => output.extend_from_slice(&buffer[..read]),
            Err(error) => return (String::from_utf8_lossy(&output).into_owned(), Err(error)),
        }
    }
}

#[tokio::test]
async fn lines_up_to_the_bound_pass_unchanged() {
    let text = "12345678\n\n1\nno end";
    let (output, result) = read(text.as_bytes(), 8).await;
    assert_eq!(output, text);
    assert!(result.is_ok());
}

#[tokio::test]
async fn a_line_above_the_bound_becomes_an_error_with_its_id() {
    let long = "x".repeat(2_000);
    for line in [
        format!(r#"{{"jsonrpc":"2.0","id":7,"result":{{"id":8,"text":"{long}"}}}}"#),
        format!(r#"{{"result":{{"id":8,"text":"{long}"}},"jsonrpc":"2.0","id": 7 }}"#),
    ] {
        let (output, result) = read(format!("{line}\nnext\n").as_bytes(), 1_000).await;
        assert!(result.is_ok());
        let lines: Vec<_> = output.lines().collect();
        let error: serde_json::Value = serde_json::from_str(lines[lines.len() - 2]).unwrap();
        assert_eq!(
            (&error["id"], &error["error"]["code"]),
            (&7.into(), &TOO_LARGE.into())
        );
        assert_eq!(lines.last(), Some(&"next"));
    }
}

#[tokio::test]
async fn an_id_that_cannot_be_found_is_not_invented() {
    let long = "x".repeat(2_000);
    for line in [
        format!(r#"{{"result":{{"id":8,"text":"{long}"}},"jsonrpc":"2.0"}}"#),
        format!(r#"{{"result":"{long}","error":{{"id":8}}}}"#),
        long.clone(),
    ] {
        let (output, _) = read(format!("{line}\nnext\n").as_bytes(), 1_000).await;
        assert!(!output.contains("\"error\":{\"code\""), "{output}");
        assert!(output.ends_with("next\n"));
    }
}

#[tokio::test]
async fn a_line_without_end_ends_the_connection() {
    let bound = 100 * DISCARDED_LINES_MAX;
    let (_, result) = read("x".repeat(bound).as_bytes(), 100).await;
    assert!(result.is_ok());
    let (output, result) = read("x".repeat(bound + 1).as_bytes(), 100).await;
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert!(output.len() <= 101);
}

#[tokio::test]
async fn a_flood_of_lines_is_read_slowly() {
    let began = Instant::now();
    let lines = LINES_PER_SECOND_MAX as usize * 3 / 2;
    let (output, _) = read(&vec![b'\n'; lines], 100).await;
    assert_eq!(output.len(), lines);
    assert!(began.elapsed() >= Duration::from_secs(1));
}
