//! Completion scripts.

use crate::support::Home;

#[test]
fn each_shell_gets_a_script() {
    let home = Home::new();
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef tidemill"),
        ("fish", "complete -c tidemill"),
    ] {
        let script = home.run(&["completion", shell]).ok();
        assert!(script.contains(word) && script.contains("datastore"), "{shell}");
    }
    assert!(home.run(&["completion", "cmd"]).fails(2).contains("bash"));
}
