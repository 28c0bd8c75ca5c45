//! The committed OpenAPI document is what the handlers say.

#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/v1.json");
    let mut text = serde_json::to_string_pretty(&tidemill_http::openapi()).expect("serialises");
    text.push('\n');
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &text).expect("the repository can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "openapi/v1.json is not what the handlers say: run `make openapi`"
    );
}
