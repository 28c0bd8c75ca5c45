//! Backups: made while the server is written to, restored elsewhere, and never taken for whole when they are not.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::Value;

use crate::support::{BINARY, Done, ENVIRONMENT, Mill, files};

const VALUE: &str = "zX9-correct-horse-battery-staple-7Qw";

/// Runs `tidemill server …` on folders of this machine.
fn server(args: &[&str], folders: &[(&str, &Path)]) -> Done {
    let mut command = Command::new(BINARY);
    command.arg("server").args(args).args(["-o", "json"]);
    for (option, folder) in folders {
        command.arg(option).arg(folder);
    }
    for variable in ["TIDEMILL_DATA_DIR", "TIDEMILL_DATABASE", "TIDEMILL_MASTER_KEY"] {
        command.env_remove(variable);
    }
    let output = command.output().expect("the program starts");
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A server with a finished job, a model, a secret and a datastore that hangs on it.
fn filled() -> Mill {
    let mill = Mill::start();
    mill.stream(
        "train",
        &format!(
            "command: echo trained && echo weights > ${{{{outputs.model}}}}/w.txt\n{ENVIRONMENT}\noutputs:\n  model: {{type: custom_model, name: delay}}\n"
        ),
    )
    .ends(0);
    mill.write("value", VALUE);
    mill.ok(&["secret", "set", "-n", "KEY", "--file", "value"]);
    fs::remove_file(mill.path("value")).expect("it was just written");
    mill
}

/// Makes datastores as fast as it can until it is told to stop; counts those that were acknowledged.
fn load(mill: &Mill, stop: &AtomicBool, done: &AtomicU64) {
    while !stop.load(Ordering::Relaxed) {
        let number = done.load(Ordering::Relaxed);
        let name = format!("store-{number}");
        mill.ok(&[
            "datastore",
            "create",
            "-n",
            &name,
            "--type",
            "s3",
            "--set",
            "bucket=b",
        ]);
        done.store(number + 1, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_under_load_holds_all_that_was_acknowledged_before_it() {
    let mill = filled();
    let backup = mill.path("backup");
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let before = std::thread::scope(|scope| {
        scope.spawn(|| load(&mill, &stop, &done));
        mill.until("something was written", || {
            (done.load(Ordering::Relaxed) > 5).then_some(())
        });
        let before = done.load(Ordering::Relaxed);
        let said = server(
            &["backup", "--with-keys"],
            &[("--data-dir", &mill.data), ("--to", &backup)],
        )
        .ends(0);
        assert!(said.json()["files"].as_u64() > Some(3), "{}", said.text());
        let after = done.load(Ordering::Relaxed);
        mill.until("the server goes on", || {
            (done.load(Ordering::Relaxed) > after).then_some(())
        });
        stop.store(true, Ordering::Relaxed);
        before
    });
    let dir = tempfile::tempdir().expect("a temporary folder");
    let data = dir.path().join("restored");
    let said = server(&["restore"], &[("--from", &backup), ("--data-dir", &data)]).ends(0);
    let manifest: Value =
        serde_json::from_slice(&fs::read(backup.join("manifest.json")).expect("there")).expect("JSON");
    assert_eq!(said.json()["audit_head"], manifest["audit_head"]);
    let restored = Mill::start_in(dir, data);
    for number in 0..before {
        restored.ok(&["datastore", "show", "-n", &format!("store-{number}")]);
    }
    assert_eq!(restored.show("train")["status"], "Completed");
    assert!(restored.log("train").contains("trained"));
    let folder = restored.path("model");
    restored
        .run(&[
            "model",
            "download",
            "-n",
            "delay",
            "-v",
            "1",
            "-p",
            &folder.to_string_lossy(),
        ])
        .ends(0);
    assert!(
        files(&folder)
            .iter()
            .any(|file| fs::read(file).is_ok_and(|bytes| bytes == b"weights\n"))
    );
    assert_eq!(
        restored.ok(&["secret", "show", "-n", "KEY", "--reveal"])["value"],
        VALUE
    );
    let head = manifest["audit_head"].as_str().expect("a head");
    assert_eq!(restored.ok(&["audit", "verify", "--head", head])["sound"], true);
    restored
        .stream("again", &format!("command: echo runs\n{ENVIRONMENT}\n"))
        .ends(0)
        .says("runs");
}

#[test]
fn a_backup_without_keys_holds_no_secret_and_opens_only_with_the_key() {
    let mill = filled();
    let backup = mill.path("backup");
    server(&["backup"], &[("--data-dir", &mill.data), ("--to", &backup)]).ends(0);
    assert!(!backup.join("keys").exists());
    for file in files(&backup) {
        let bytes = fs::read(&file).expect("there");
        assert!(
            !bytes
                .windows(VALUE.len())
                .any(|window| window == VALUE.as_bytes()),
            "{}",
            file.display()
        );
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let data = dir.path().join("restored");
    server(&["restore"], &[("--from", &backup), ("--data-dir", &data)])
        .ends(0)
        .says("put the master key");
    let refused = server(&["start", "--listen", "127.0.0.1:0"], &[("--data-dir", &data)]).ends(1);
    refused
        .says("failed to open the vault")
        .says("master.key is missing");
    fs::copy(mill.data.join("keys/master.key"), data.join("keys/master.key")).expect("copied");
    let restored = Mill::start_in(dir, data);
    assert_eq!(
        restored.ok(&["secret", "show", "-n", "KEY", "--reveal"])["value"],
        VALUE
    );
    // Who has lost the key has lost the secrets, and nothing else.
    let dir = tempfile::tempdir().expect("a temporary folder");
    let data = dir.path().join("without");
    server(
        &["restore", "--drop-secrets"],
        &[("--from", &backup), ("--data-dir", &data)],
    )
    .ends(0);
    let without = Mill::start_in(dir, data);
    assert_eq!(without.ok(&["secret", "list"]), Value::Array(Vec::new()));
    assert_eq!(without.show("train")["status"], "Completed");
    assert_eq!(without.ok(&["audit", "verify"])["sound"], true);
}

#[test]
fn a_backup_that_is_not_whole_is_refused_and_names_what_is_wrong() {
    let mill = filled();
    let backup = mill.path("backup");
    server(&["backup"], &[("--data-dir", &mill.data), ("--to", &backup)]).ends(0);
    server(&["backup"], &[("--data-dir", &mill.data), ("--to", &backup)])
        .ends(1)
        .says("it is not empty");
    server(
        &["backup"],
        &[("--data-dir", &mill.data), ("--to", &mill.data.join("inside"))],
    )
    .ends(1)
    .says("lies in the data folder");
    server(
        &["backup"],
        &[("--data-dir", &mill.path("nowhere")), ("--to", &mill.path("x"))],
    )
    .ends(1)
    .says("no data folder");
    server(&["restore"], &[("--from", &backup), ("--data-dir", &mill.data)])
        .ends(1)
        .says("uses it");
    let restore = |name: &str| {
        server(
            &["restore"],
            &[("--from", &backup), ("--data-dir", &mill.path(name))],
        )
    };
    let victim = files(&backup.join("objects"))
        .into_iter()
        .next_back()
        .expect("a file");
    let right = fs::read(&victim).expect("there");
    let name = victim.strip_prefix(&backup).expect("below").display().to_string();
    fs::write(&victim, [&right[..], b"x"].concat()).expect("written");
    restore("one").ends(1).says(&name).says("damaged or was changed");
    server(
        &["start", "--listen", "127.0.0.1:0"],
        &[("--data-dir", &mill.path("one"))],
    )
    .ends(1)
    .says("broke off");
    fs::remove_file(&victim).expect("removed");
    restore("two")
        .ends(1)
        .says(&name)
        .says("is missing in the backup");
    fs::write(&victim, &right).expect("written");
    let list = fs::read_to_string(backup.join("files.jsonl")).expect("there");
    fs::write(
        backup.join("files.jsonl"),
        list.replacen("objects/", "../objects/", 1),
    )
    .expect("written");
    restore("three").ends(1).says("files.jsonl");
    fs::remove_file(backup.join("manifest.json")).expect("removed");
    restore("four").ends(1).says("it holds no manifest.json");
    assert!(!mill.path("four").exists());
}
