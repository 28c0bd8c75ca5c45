//! Bad input: each is refused with the place and what to do next, and nothing is left behind.

use crate::support::{ENVIRONMENT, Mill};

#[test]
fn a_file_that_is_wrong_is_refused_with_its_place() {
    let mill = Mill::start();
    let cases: &[(&str, String, &[&str])] = &[
        (
            "broken",
            "command: [unclosed\nenvironment: x\n".into(),
            &["broken.yml:"],
        ),
        (
            "tabs",
            "command: echo\n\tenvironment: x\n".into(),
            &["tabs.yml:1", "tab"],
        ),
        ("empty", String::new(), &["empty"]),
        ("list", "- a\n- b\n".into(), &["list.yml:1"]),
        (
            "type",
            format!("type: comand\ncommand: echo\n{ENVIRONMENT}\n"),
            &["type.yml:1:7", "command"],
        ),
        (
            "wrong",
            format!("command: echo\n{ENVIRONMENT}\nlimits: {{timeout: soon}}\n"),
            &["wrong.yml:3", "limits.timeout"],
        ),
        (
            "unknown",
            format!("comand: echo\n{ENVIRONMENT}\n"),
            &["unknown.yml:1:1", "`command`"],
        ),
        (
            "no_input",
            format!("command: echo ${{{{inputs.x}}}}\n{ENVIRONMENT}\n"),
            &["no_input.yml:1", "inputs.x"],
        ),
        ("no_command", format!("{ENVIRONMENT}\n"), &["command"]),
        (
            "no_code",
            format!("command: echo\ncode: ./nowhere\n{ENVIRONMENT}\n"),
            &["no_code.yml:2", "nowhere"],
        ),
        (
            "cycle",
            format!(
                "type: pipeline\njobs:\n  a: {{command: echo, {ENVIRONMENT}, inputs: {{i: \"${{{{parent.jobs.b.outputs.o}}}}\"}}, outputs: {{o: {{}}}}}}\n  \
                 b: {{command: echo, {ENVIRONMENT}, inputs: {{i: \"${{{{parent.jobs.a.outputs.o}}}}\"}}, outputs: {{o: {{}}}}}}\n"
            ),
            &["cycle.yml:", "a", "b"],
        ),
        (
            "no_step",
            format!(
                "type: pipeline\njobs:\n  a: {{command: echo, {ENVIRONMENT}, inputs: {{i: \"${{{{parent.jobs.c.outputs.o}}}}\"}}}}\n"
            ),
            &["no_step.yml:3", "`c`"],
        ),
        (
            "no_component",
            "type: pipeline\njobs:\n  a: {type: command, component: ./gone.yml}\n".into(),
            &["gone.yml"],
        ),
        (
            "sweep",
            "type: sweep\ntrial: {command: echo}\n".into(),
            &["sweep", "not supported"],
        ),
        (
            "automl",
            "type: automl\ntask: classification\n".into(),
            &["AutoML"],
        ),
    ];
    for (name, yaml, words) in cases {
        let file = format!("{name}.yml");
        mill.write(&file, yaml);
        let mut done = mill.run(&["job", "create", "-f", &file]).ends(2);
        for word in *words {
            done = done.says(word);
        }
    }
    let none = mill.run(&["job", "create", "-f", "absent.yml"]);
    assert_ne!(none.code, 0);
    none.says("absent.yml");
    assert_eq!(
        mill.ok(&["job", "list"]).as_array().map(Vec::len),
        Some(0),
        "nothing was made"
    );
}

#[test]
fn components_that_contain_each_other_are_refused() {
    let mill = Mill::start();
    mill.write(
        "a.yml",
        "type: pipeline\nname: a\njobs: {b: {type: pipeline, component: ./b.yml}}\n",
    );
    mill.write(
        "b.yml",
        "type: pipeline\nname: b\njobs: {a: {type: pipeline, component: ./a.yml}}\n",
    );
    mill.run(&["component", "create", "-f", "a.yml"])
        .ends(2)
        .says("b.yml");
}

#[test]
fn paths_that_climb_out_of_their_folder_are_refused() {
    let mill = Mill::start();
    mill.stream(
        "climbs",
        &format!(
            "command: echo\n{ENVIRONMENT}\noutputs: {{o: {{type: uri_folder, path: \"azureml://datastores/workspaceblobstore/paths/../../x\"}}}}\n"
        ),
    )
    .says("..");
    let input = |path: &str| {
        format!(
            "command: cat ${{{{inputs.i}}}}\n{ENVIRONMENT}\ninputs: {{i: {{type: uri_file, path: \"{path}\"}}}}\n"
        )
    };
    let done = mill.stream(
        "reads",
        &input("azureml://datastores/workspaceblobstore/paths/../../../../keys/owner.token"),
    );
    assert_ne!(done.code, 0);
    let token = std::fs::read_to_string(mill.data.join("keys/owner.token")).expect("the server wrote it");
    assert!(!done.text().contains(token.trim()), "{}", done.text());
    for path in [
        "/api/v1/workspaces/default/jobs/x/artifacts/..%2f..%2f..%2fkeys%2fowner.token",
        "/api/2.0/mlflow-artifacts/artifacts/..%2f..%2f..%2f..%2fkeys%2fowner.token",
        "/api/2.0/mlflow-artifacts/artifacts/%2e%2e/%2e%2e/keys/owner.token",
        "/ui/..%2f..%2fkeys%2fowner.token",
    ] {
        let (_, body) = mill.http("GET", path, None, "");
        assert!(!body.contains(token.trim()), "{path} gave the token");
    }
    // A link inside the code does not take along what is outside it.
    mill.write("outside.txt", "outside");
    mill.write("code/run.sh", "ls -lA; cat link.txt\n");
    std::os::unix::fs::symlink(mill.path("outside.txt"), mill.path("code/link.txt")).expect("a link");
    let done = mill.stream(
        "link",
        &format!("command: bash run.sh\ncode: code\n{ENVIRONMENT}\n"),
    );
    assert!(
        done.code == 0 || done.text().contains("link.txt"),
        "{}",
        done.text()
    );
}

#[test]
fn odd_names_are_refused_or_kept_as_they_are() {
    let mill = Mill::start();
    mill.write("job.yml", format!("command: \"true\"\n{ENVIRONMENT}\n"));
    for name in ["../up", "a/b", "", "a b\u{202e}", "x\0y", &"n".repeat(300)] {
        if name.contains('\0') {
            continue; // No program can be given one.
        }
        let done = mill.run(&["job", "create", "-f", "job.yml", "--name", name]);
        assert_ne!(done.code, 0, "`{name}` was taken");
        assert!(done.text().contains("name"), "{}", done.text());
    }
    // Names of files and values are the user's own.
    mill.write("code/é 日本 '\"$x.txt", "odd");
    mill.write("code/run.sh", "ls; echo \"[$1]\"\n");
    mill.stream(
        "odd",
        &format!(
            "command: bash run.sh \"${{{{inputs.v}}}}\"\ncode: code\n{ENVIRONMENT}\ninputs: {{v: \"日本 é ; | & #\"}}\ntags: {{\"ключ\": \"значение\"}}\n"
        ),
    )
    .ends(0)
    .says("é 日本 '\"$x.txt")
    .says("[日本 é ; | & #]");
    assert_eq!(mill.show("odd")["tags"]["ключ"], "значение");
    mill.run(&["job", "create", "-f", "job.yml", "--name", "odd"])
        .ends(1)
        .says("odd");
}

#[test]
fn requests_that_are_no_requests_get_an_answer_and_do_no_harm() {
    let mill = Mill::start();
    for (method, path, body) in [
        ("PUT", "/api/v1/workspaces/default/jobs/x", "{"),
        ("PUT", "/api/v1/workspaces/default/jobs/x", "[]"),
        ("PUT", "/api/v1/workspaces/default/jobs/%ff%fe", "{}"),
        ("PUT", "/api/v1/workspaces/default/computes/x", "{\"type\":7}"),
        ("POST", "/api/2.0/mlflow/runs/log-metric", "\u{1f4a9}"),
        ("POST", "/api/2.0/mlflow/runs/log-metric", "{\"run_id\":[]}"),
        ("GET", "/api/2.0/mlflow/runs/get?run_id=%00", ""),
        ("GET", "/api/v1/workspaces/..%2f/jobs", ""),
        ("DELETE", "/api/v1/nothing", ""),
    ] {
        let (status, answer) = mill.http(method, path, None, body);
        assert!(
            (400..500).contains(&status),
            "{method} {path} gave {status}: {answer}"
        );
    }
    mill.stream("fine", &format!("command: echo still here\n{ENVIRONMENT}\n"))
        .ends(0)
        .says("still here");
}

#[test]
fn nouns_that_are_not_here_yet_are_refused_by_their_name() {
    let mill = Mill::start();
    for (noun, word) in [("batch-endpoint", "batch endpoints"), ("registry", "registries")] {
        mill.run(&[noun, "create", "-f", "x.yml"])
            .ends(2)
            .says(&format!("{word} are not supported yet"));
    }
}
