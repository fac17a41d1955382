//! How a plugin stands with the operator, for programs that read it.

use serde_json::{Value, json};
use vesicle_plugins::grants::{Rights, Standing};

/// Asked, granted and effective, by kind.
pub fn rights_as_json(rights: &Rights) -> Value {
    let rows = rights.rows.iter().map(|row| {
        let row_told = json!({
            "asked": row.asked,
            "granted": row.granted,
            "effective": row.effective,
            "missing": row.missing,
        });
        (row.kind.to_owned(), row_told)
    });
    Value::Object(rows.collect())
}

/// In a word.
pub fn standing(rights: &Rights) -> &'static str {
    match rights.standing {
        Standing::Never if rights.is_complete() => "nothing-asked",
        Standing::Never => "never-granted",
        Standing::Changed(_) => "changed",
        Standing::Granted(_) if rights.is_complete() => "granted",
        Standing::Granted(_) => "partly-granted",
    }
}
