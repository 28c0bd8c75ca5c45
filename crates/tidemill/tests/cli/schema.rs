//! Schemas for editors.

use crate::support::Home;

#[test]
fn schemas_are_written_for_editors() {
    let home = Home::new();
    home.run(&["schema", "write", "--dir", "a/schemas"]).ok();
    let text =
        std::fs::read_to_string(home.path().join("a/schemas/commandJob.schema.json")).expect("written");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(schema["properties"]["command"].is_object(), "{schema}");
}
