//! The help of every noun and verb: as it reads, and with an example each.

use crate::support::Home;

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    listed
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The help of a command and of all below it, each under its command line.
fn walk(home: &Home, words: &[String], all: &mut Vec<(String, String)>) {
    let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
    args.push("--help");
    let help = home.run(&args).ok();
    all.push((words.join(" "), help.clone()));
    for command in commands(&help) {
        let mut below = words.to_vec();
        below.push(command);
        walk(home, &below, all);
    }
}

/// The help without the options that every command takes.
fn own(help: &str) -> String {
    let (before, rest) = help
        .split_once("Global options:\n")
        .expect("every command has them");
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    format!("{before}…\n\n{after}")
}

#[test]
fn the_first_help() {
    insta::assert_snapshot!(Home::new().run(&["--help"]).ok());
}

#[test]
fn every_verb_has_an_example() {
    let mut all = Vec::new();
    walk(&Home::new(), &[], &mut all);
    let verbs: Vec<&(String, String)> = all.iter().filter(|(_, help)| commands(help).is_empty()).collect();
    assert!(verbs.len() > 60, "{}", verbs.len());
    for (words, help) in verbs {
        let example = help
            .split_once("Examples:")
            .map(|(_, examples)| examples.contains(&format!("tidemill {words}")));
        assert_eq!(example, Some(true), "{words}:\n{help}");
    }
}

#[test]
fn the_help_of_every_noun_and_verb() {
    let mut all = Vec::new();
    walk(&Home::new(), &[], &mut all);
    for (noun, _) in all
        .iter()
        .filter(|(words, _)| !words.is_empty() && !words.contains(' '))
    {
        let of = all
            .iter()
            .filter(|(words, _)| words == noun || words.starts_with(&format!("{noun} ")));
        let text: String = of
            .map(|(words, help)| format!("$ tidemill {words} --help\n{}\n", own(help)))
            .collect();
        insta::assert_snapshot!(format!("help_{noun}"), text);
    }
}

#[test]
fn a_word_that_is_none_names_the_nearest() {
    let home = Home::new();
    let said = home.run(&["job", "craete"]).fails(2);
    assert!(said.contains("create"), "{said}");
    let said = home.run(&["job", "create", "--fiel", "x"]).fails(2);
    assert!(said.contains("--file"), "{said}");
    assert!(home.run(&[]).fails(2).contains("Usage: tidemill"));
}
