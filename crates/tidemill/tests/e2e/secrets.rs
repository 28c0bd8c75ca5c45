//! Secrets in jobs: they reach the script that names them, and nothing else on this machine holds them.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::support::{ENVIRONMENT, Mill, files};

/// What is looked for: nothing else on the machine has these bytes.
const VALUE: &str = "zX9-correct-horse-battery-staple-7Qw";
const LAKE: &str = "kL3-wrong-donkey-charger-paperclip-2Vb";

/// Files below a folder that hold one of the values.
fn holding(folder: &Path) -> Vec<String> {
    let holds = |bytes: &[u8], value: &str| {
        bytes
            .windows(value.len())
            .any(|window| window == value.as_bytes())
    };
    files(folder)
        .into_iter()
        .filter(|file| {
            let bytes = fs::read(file).unwrap_or_default();
            holds(&bytes, VALUE) || holds(&bytes, LAKE)
        })
        .map(|file| file.display().to_string())
        .collect()
}

fn set(mill: &Mill, name: &str, value: &str) {
    mill.write(name, value);
    mill.ok(&["secret", "set", "-n", name, "--file", name]);
    fs::remove_file(mill.path(name)).expect("it was just written");
}

#[test]
fn a_secret_reaches_the_job_that_names_it_and_is_found_nowhere_else() {
    let mill = Mill::start();
    set(&mill, "DB-PASSWORD", VALUE);
    set(&mill, "LAKE", LAKE);
    let credentials = "credentials: {access_key_id: id, secret_access_key: '${{secrets.LAKE}}'}";
    mill.write(
        "lake.yml",
        format!("name: lake\ntype: s3\nbucket: b\n{credentials}\n"),
    );
    mill.ok(&["datastore", "create", "-f", "lake.yml"]);
    mill.write("direct.yml", format!("name: direct\ntype: s3\nbucket: b\ncredentials: {{access_key_id: id, secret_access_key: {LAKE}}}\n"));
    mill.ok(&["datastore", "create", "-f", "direct.yml"]);
    fs::remove_file(mill.path("direct.yml")).expect("it was just written");
    // It prints the value whole, in pieces and in base64, tells its length, and fails with it as its last words.
    let command = "python -c \"import os, sys, time, base64; v = os.environ['PASSWORD'];\n\
         print('length', len(v), v == sys.argv[1]); print(v); sys.stdout.write(v[:9]); sys.stdout.flush(); time.sleep(0.4);\n\
         print(v[9:]); print(base64.b64encode(v.encode()).decode()); print(sorted(n for n in os.environ if 'SECRET' in n));\n\
         sys.exit('no luck with ' + v)\" \"${{secrets.DB-PASSWORD}}\"";
    let yaml = format!(
        "command: |\n  {}\n{ENVIRONMENT}\nenvironment_variables: {{PASSWORD: '${{{{secrets.DB-PASSWORD}}}}'}}\n",
        command.replace('\n', "\n  ")
    );
    let done = mill.stream("reads", &yaml).ends(1);
    let length = VALUE.len();
    let log = mill.log("reads");
    assert!(
        log.contains(&format!("length {length} True\n***\n***\n***\n")),
        "{log}"
    );
    assert!(
        log.contains("['TIDEMILL_SECRET_DB__PASSWORD']"),
        "only what it names: {log}"
    );
    assert!(log.contains("no luck with ***"), "{log}");
    let mut said = vec![done.text(), log, mill.server_log()];
    for args in [
        &["job", "show", "-n", "reads"][..],
        &["job", "list"],
        &["secret", "list"],
        &["secret", "show", "-n", "LAKE"],
        &["secret", "versions", "-n", "LAKE"],
        &["datastore", "show", "-n", "lake"],
        &["datastore", "show", "-n", "direct"],
        &["datastore", "list"],
        &["run", "show", "-n", "reads"],
        &["vault", "show"],
        &["audit", "list", "-r", "1000"],
        &["audit", "export"],
    ] {
        said.push(mill.run(args).ends(0).text());
    }
    // Each error names the thing, and not what is in it.
    mill.write("wrong.yml", "name: lake\ntype: s3\nbucket: [1]\n");
    said.push(
        mill.run(&["datastore", "create", "-f", "wrong.yml"])
            .ends(2)
            .text(),
    );
    said.push(
        mill.run(&[
            "data",
            "create",
            "-n",
            "x",
            "--type",
            "uri_file",
            "--path",
            "azureml://datastores/lake/paths/x",
        ])
        .text(),
    );
    for text in &said {
        assert!(!text.contains(VALUE) && !text.contains(LAKE), "{text}");
    }
    let who = mill.ok(&["audit", "list", "--action", "secrets/get"]);
    assert!(who.to_string().contains("runner:default/reads"), "{who}");
    assert_eq!(
        holding(mill.data.parent().expect("it has one")),
        [] as [String; 0]
    );
    assert_eq!(
        mill.ok(&["secret", "show", "-n", "LAKE", "--reveal"])["value"],
        LAKE
    );
}

#[test]
fn a_job_that_names_a_secret_which_is_not_there_is_refused_when_it_is_submitted() {
    let mill = Mill::start();
    let yaml = format!("command: echo ${{{{secrets.NONE}}}}\n{ENVIRONMENT}\n");
    mill.stream("none", &yaml)
        .ends(1)
        .says("failed to find secret `NONE`")
        .says("secret set");
    // An input would be shown with its job.
    let yaml = format!(
        "command: echo ${{{{inputs.key}}}}\n{ENVIRONMENT}\ninputs: {{key: '${{{{secrets.NONE}}}}'}}\n"
    );
    mill.stream("shown", &yaml).ends(2).says("would be shown here");
}

#[test]
fn the_steps_of_a_pipeline_get_the_secrets_that_they_name() {
    let mill = Mill::start();
    set(&mill, "KEY", VALUE);
    mill.stream(
        "steps",
        &format!(
            "type: pipeline\njobs:\n  with:\n    command: test ${{#KEY}} -eq {}\n    {ENVIRONMENT}\n    \
             environment_variables: {{KEY: '${{{{secrets.KEY}}}}'}}\n  without:\n    command: test -z \"$KEY\"\n    {ENVIRONMENT}\n",
            VALUE.len()
        ),
    )
    .ends(0);
    assert!(
        mill.steps("steps")
            .values()
            .all(|(status, _)| status == "Completed")
    );
}

#[test]
fn a_server_with_a_rotated_key_starts_again_and_with_another_one_says_so() {
    let mut mill = Mill::start();
    set(&mill, "KEY", VALUE);
    let before = mill.ok(&["vault", "show"]);
    let after = mill.ok(&["vault", "rotate"]);
    assert_ne!(before["master_key"], after["master_key"]);
    mill.kill_server();
    mill.start_server();
    assert_eq!(mill.ok(&["vault", "show"])["master_key"], after["master_key"]);
    assert_eq!(
        mill.ok(&["secret", "show", "-n", "KEY", "--reveal"])["value"],
        VALUE
    );
    mill.kill_server();
    let file = mill.data.join("keys/master.key");
    let right = fs::read(&file).expect("a key");
    fs::write(&file, "11".repeat(32)).expect("written");
    let refused = std::process::Command::new(crate::support::BINARY)
        .args(["server", "start", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&mill.data)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("failed to open the vault") && said.contains("nothing was changed"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).expect("there"), "11".repeat(32));
    fs::write(&file, right).expect("written");
    mill.start_server();
    mill.run(&["secret", "show", "-n", "KEY", "--reveal"]).ends(0);
}
