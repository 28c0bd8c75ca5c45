//! No text makes loading panic.

use std::path::Path;

use proptest::prelude::*;
use tidemill_spec::load::MemoryFiles;
use tidemill_spec::{Family, Override, load_document};

fn load(text: &str, sets: &[Override], family: Option<Family>) {
    let files: MemoryFiles = [("job.yml", text), ("c.yml", text)].into_iter().collect();
    if let Err(errors) = load_document(&files, Path::new("job.yml"), sets, family) {
        assert!(!errors.0.is_empty());
        let _ = errors.to_string();
    }
}

/// Words and signs of real documents in any order.
const PIECES: &str = "(type: |command|pipeline|inputs:|outputs:|jobs:|component: \\./c\\.yml|environment: |path: |\\$\\{\\{inputs\\.x\\}\\}|\
                      \\$\\[\\[|\\]\\]|\\{|\\}|\\[|\\]|\"|'|&a |\\*a|<<: |- |\\? |: |, |#|\\||>|\n|\n  |\n    |\t|x|5|é|azureml:|azureml://|!!str |%|@|`|---\n){0,40}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_of_yaml(text in PIECES, set in "([a-z]{1,3}[.\\[\\]0]{0,2}){1,3}=[ -~]{0,8}") {
        let sets: Vec<Override> = Override::parse(&set).into_iter().collect();
        for family in [None, Some(Family::Job), Some(Family::Component), Some(Family::Compute)] {
            load(&text, &sets, family);
        }
    }

    #[test]
    fn any_text(text in "\\PC{0,200}|.{0,200}") {
        load(&text, &[], None);
    }

    #[test]
    fn any_value_of_any_field(
        field in "command|code|environment|inputs|resources|distribution|limits|services|identity|tags|name|compute|outputs|type",
        value in "[ -~]{0,30}",
    ) {
        load(&format!("command: ls\nenvironment: azureml:e:1\n{field}: {value}\n"), &[], Some(Family::Job));
    }
}
