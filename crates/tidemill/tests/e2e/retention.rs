//! Retention of data: what goes and what stays is said beforehand, what is used stays whoever made it, bytes come back only when nothing
//! else names them, and what was taken out can be brought back for a while. Bytes are counted on the disk.

use serde_json::Value;

use crate::support::*;

/// Bytes that nothing makes smaller.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length / 8).flat_map(|_| next()).collect()
}

/// Bytes of all copies of the server.
fn on_disk(mill: &Mill) -> u64 {
    files(&mill.data.join("objects/sha"))
        .iter()
        .map(|file| std::fs::metadata(file).expect("it is there").len())
        .sum()
}

/// Versions with their fates, the newest first.
fn fates(plan: &Value) -> Vec<(String, String)> {
    let of = |version: &Value, field: &str| version[field].as_str().expect("text").to_owned();
    let versions = plan["versions"].as_array().expect("versions").iter();
    versions
        .map(|version| (of(version, "version"), of(version, "fate")))
        .collect()
}

fn why(plan: &Value, version: &str) -> String {
    let versions = plan["versions"].as_array().expect("versions");
    let one = versions
        .iter()
        .find(|one| one["version"] == version)
        .expect("it is there");
    one["reasons"].to_string()
}

fn upload(mill: &Mill, name: &str, folder: &str) {
    mill.ok(&[
        "data",
        "create",
        "-n",
        name,
        "--type",
        "uri_folder",
        "--path",
        folder,
    ]);
}

#[test]
fn what_nothing_uses_goes_and_only_its_own_bytes_are_freed() {
    let mill = Mill::start();
    // Each version has two files of two megabytes: one that they all share, and one of its own.
    mill.write("set/shared.bin", noise(1 << 21, 1));
    for seed in 2..=6 {
        mill.write("set/own.bin", noise(1 << 21, seed));
        upload(&mill, "set", "set");
    }
    // Another asset has the very files of the second version.
    mill.write("set/own.bin", noise(1 << 21, 3));
    upload(&mill, "other", "set");
    // A model was made of the third, and the first is the baseline.
    let yaml = format!(
        "command: mkdir -p ${{{{outputs.m}}}} && wc -c ${{{{inputs.d}}}}/own.bin > ${{{{outputs.m}}}}/weights\n{ENVIRONMENT}\n\
         inputs: {{d: {{type: uri_folder, path: \"azureml:set:3\"}}}}\noutputs: {{m: {{type: custom_model, name: size}}}}\n"
    );
    mill.stream("trains", &yaml).ends(0);
    mill.run(&["data", "baseline", "set", "--name", "set", "--version", "1"])
        .ends(0);
    let full = on_disk(&mill);
    assert!(full > 12 << 20, "{full}");

    mill.run(&["data", "retention", "plan", "-n", "set"])
        .ends(1)
        .says("keep-versions");
    mill.run(&["data", "retention", "set", "-n", "set", "--keep-versions", "0"])
        .ends(1)
        .says("newest version always stays");
    mill.ok(&[
        "data",
        "retention",
        "set",
        "-n",
        "set",
        "--keep-versions",
        "1",
        "--grace-days",
        "0",
    ]);
    let plan = mill.ok(&["data", "retention", "plan", "-n", "set"]);
    let expected = [
        ("5", "keep"),
        ("4", "free"),
        ("3", "keep"),
        ("2", "free"),
        ("1", "keep"),
    ];
    let text = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
            .collect()
    };
    assert_eq!(fates(&plan), text(&expected), "{plan:#}");
    assert!(
        why(&plan, "3").contains("models/size/1 was made of it"),
        "{}",
        why(&plan, "3")
    );
    assert!(
        why(&plan, "1").contains("the label baseline names it")
            && why(&plan, "5").contains("it is the newest")
    );
    let (frees, versions) = (
        plan["frees"]["bytes"].as_u64().expect("bytes"),
        &plan["frees"]["versions"],
    );
    // The own file of the fourth alone: what is shared stays, and so does what the other asset has.
    assert_eq!(versions, 2);
    assert!(frees > 1 << 21 && frees < (1 << 21) + 100_000, "{frees}");
    assert_eq!(on_disk(&mill), full, "a plan changes nothing");

    assert_eq!(
        mill.ok(&["data", "retention", "apply", "-n", "set"])["frees"],
        plan["frees"]
    );
    let left = on_disk(&mill);
    let gone = full - left;
    assert!(
        gone >= frees && gone < frees + 20_000,
        "{gone} bytes went, {frees} were said"
    );
    mill.run(&["data", "show", "-n", "set", "-v", "4"])
        .ends(1)
        .says("it has the versions 5, 3, 1");
    // What stays is whole, byte by byte, and so is what others have.
    for (name, version, seed) in [
        ("set", "1", 2),
        ("set", "3", 4),
        ("set", "5", 6),
        ("other", "1", 3),
    ] {
        let to = format!("down/{name}{version}");
        mill.ok(&["data", "download", "-n", name, "-v", version, "-p", &to]);
        assert!(
            std::fs::read(mill.path(&format!("{to}/{name}/own.bin"))).expect("there") == noise(1 << 21, seed),
            "{name}:{version}"
        );
    }
    // Again there is nothing to do, and the number of a version that went is not given again.
    let again = mill.ok(&["data", "retention", "apply", "-n", "set"]);
    assert_eq!(
        (again["frees"]["versions"].as_u64(), on_disk(&mill)),
        (Some(0), left)
    );
    mill.write("set/own.bin", noise(1 << 21, 5));
    upload(&mill, "set", "set");
    mill.ok(&["data", "download", "-n", "set", "-v", "6", "-p", "down/again"]);
    // Who did it is in the audit log.
    let (_, log) = mill.http("GET", "/api/v1/audit:export", None, "");
    assert!(log.contains(r#"\"removed\":\"retention\""#), "{log}");
}

#[test]
fn what_was_taken_out_is_hidden_and_comes_back_while_its_time_lasts() {
    let mill = Mill::start();
    for seed in 1..=3 {
        mill.write("set/own.bin", noise(1 << 21, seed));
        upload(&mill, "set", "set");
    }
    let full = on_disk(&mill);
    mill.ok(&["data", "retention", "set", "-n", "set", "--keep-versions", "1"]);
    let applied = mill.ok(&["data", "retention", "apply", "-n", "set"]);
    assert_eq!(applied["frees"]["versions"], 0);
    assert_eq!(on_disk(&mill), full, "nothing goes before its time");
    let shown = |mill: &Mill| {
        let rows = mill.ok(&["data", "list", "-n", "set"]);
        rows.as_array()
            .expect("rows")
            .iter()
            .map(|row| row["version"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&mill), ["3"]);
    let plan = mill.ok(&["data", "retention", "plan", "-n", "set"]);
    assert_eq!(
        fates(&plan)[1..],
        [("2".into(), "removed".into()), ("1".into(), "removed".into())]
    );
    mill.run(&["data", "retention", "restore", "-n", "set", "-v", "2"])
        .ends(0);
    assert_eq!(shown(&mill), ["3", "2"]);
    // Somebody comes to use one that is on its way out: it stays.
    mill.run(&["data", "baseline", "set", "--name", "set", "--version", "1"])
        .ends(0);
    mill.ok(&[
        "data",
        "retention",
        "set",
        "-n",
        "set",
        "--keep-versions",
        "2",
        "--grace-days",
        "0",
    ]);
    mill.ok(&["data", "retention", "apply", "-n", "set"]);
    assert_eq!(shown(&mill), ["3", "2", "1"]);
    mill.run(&["data", "retention", "restore", "-n", "set", "-v", "1"])
        .ends(1)
        .says("on its way out");
    assert_eq!(on_disk(&mill), full);
    mill.run(&["data", "retention", "delete", "-n", "set"]).ends(0);
    mill.run(&["data", "retention", "show", "-n", "set"])
        .ends(1)
        .says("all of its versions stay");
    // Files in a datastore are not the server's to remove.
    mill.write("lake/a.csv", "x\n1\n");
    mill.write(
        "lake.yml",
        format!(
            "name: lake\ntype: local_folder\npath: {}\n",
            mill.path("lake").display()
        ),
    );
    mill.ok(&["datastore", "create", "-f", "lake.yml"]);
    let refer = [
        "data",
        "create",
        "-n",
        "ref",
        "--type",
        "uri_file",
        "--path",
        "azureml://datastores/lake/paths/a.csv",
    ];
    mill.ok(&refer);
    mill.write("lake/a.csv", "x\n2\n");
    mill.ok(&refer);
    mill.ok(&[
        "data",
        "retention",
        "set",
        "-n",
        "ref",
        "--keep-versions",
        "1",
        "--grace-days",
        "0",
    ]);
    let done = mill.ok(&["data", "retention", "apply", "-n", "ref"]);
    assert_eq!(
        (&done["frees"]["versions"], &done["frees"]["bytes"]),
        (&1.into(), &0.into())
    );
    assert!(mill.path("lake/a.csv").exists());
}

fn owner(mill: &Mill) -> String {
    let text = std::fs::read_to_string(mill.data.join("keys/owner.token")).expect("the owner's token");
    text.trim().to_owned()
}

#[test]
fn a_kill_between_a_version_and_its_bytes_leaves_nothing_and_the_server_applies_rules_by_itself() {
    const VERSIONS: usize = 40;
    let mut mill = Mill::start();
    let put = |mill: &Mill, path: &str, body: &str| {
        let (status, body) = mill.http("PUT", path, None, body);
        assert!(status < 300, "{body}");
    };
    for seed in 1..=VERSIONS {
        mill.write("set/own.bin", noise(1 << 20, seed as u64));
        upload(&mill, "set", "set");
    }
    let full = on_disk(&mill);
    assert!(full > (VERSIONS as u64) << 20, "{full}");
    put(
        &mill,
        "/api/v1/workspaces/default/data/set/retention",
        r#"{"keep_versions": 1, "grace_days": 0}"#,
    );
    let there = |mill: &Mill| {
        let path = "/api/v1/workspaces/default/data/set/versions?limit=100";
        let (_, body) = mill.try_http("GET", path, None, "").unwrap_or_default();
        let list: Value = serde_json::from_str(&body).unwrap_or_default();
        list["items"].as_array().map(Vec::len)
    };
    assert_eq!(there(&mill), Some(VERSIONS));
    let mut apply = mill
        .command()
        .args(["data", "retention", "apply", "-n", "set"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    // Versions go one by one, and all bytes behind them: in between the server is killed.
    let started = std::time::Instant::now();
    while there(&mill) == Some(VERSIONS) {
        assert!(started.elapsed().as_secs() < 60, "no version goes");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    mill.kill_server();
    assert!(!apply.wait().expect("it ends").success());
    assert_eq!(on_disk(&mill), full, "rows have gone, and no bytes");

    mill.start_server();
    // Nobody says a word: the bytes of those that went, and then the others.
    mill.until("all but one have gone with their bytes", || {
        let left = on_disk(&mill);
        (there(&mill) == Some(1) && left < 2 << 20).then_some(())
    });
    mill.ok(&[
        "data",
        "download",
        "-n",
        "set",
        "-v",
        &VERSIONS.to_string(),
        "-p",
        "down",
    ]);
    assert!(std::fs::read(mill.path("down/set/own.bin")).expect("there") == noise(1 << 20, VERSIONS as u64));
    let (_, log) = mill.http("GET", "/api/v1/audit:export", Some(&owner(&mill)), "");
    let rows = log
        .lines()
        .filter(|line| line.contains(r#"\"removed\":\"retention\""#));
    let by: Vec<bool> = rows
        .map(|row| {
            let row: Value = serde_json::from_str(row).expect("JSON");
            row["principal"] == "system"
        })
        .collect();
    assert_eq!(by.len(), VERSIONS - 1, "each is told once");
    assert!(
        by.contains(&true) && by.contains(&false),
        "by a person, then by the server"
    );
    mill.run(&["audit", "verify"]).ends(0);
}

#[test]
fn schedules_beyond_a_thousand_ids_and_older_versions_of_pipelines_keep_what_they_name() {
    let mill = Mill::start();
    for seed in 1..=5 {
        mill.write("set/own.bin", noise(1 << 12, seed));
        upload(&mill, "set", "set");
    }
    let schedule = |name: &str, path: &str| {
        let job = format!(
            r#"{{"type": "command", "command": "true", "environment": {{"image": "python:3"}}, "inputs": {{"d": {{"type": "uri_folder", "path": "{path}"}}}}}}"#
        );
        let body = format!(
            r#"{{"name": "{name}", "trigger": {{"type": "cron", "expression": "0 3 1 1 *"}}, "create_job": {job}}}"#
        );
        let (status, body) = mill.http(
            "PUT",
            &format!("/api/v1/workspaces/default/schedules/{name}"),
            None,
            &body,
        );
        assert!(status < 300, "{body}");
    };
    for number in 0..1000 {
        schedule(&format!("s{number:04}"), "azureml:set:5");
    }
    schedule("t-last", "azureml:set:1");
    schedule(
        "t-long",
        "azureml://locations/eu/workspaces/default/data/set/versions/2",
    );
    for version in [3, 5] {
        mill.write(
            "published.yml",
            format!(
                "type: published_pipeline\nname: retrain\njob:\n  type: pipeline\n  inputs: {{d: {{type: uri_folder, path: \"azureml:set:{version}\"}}}}\n  \
                 jobs:\n    one: {{type: command, command: \"true\", {ENVIRONMENT}, inputs: {{d: \"${{{{parent.inputs.d}}}}\"}}}}\n"
            ),
        );
        mill.run(&["pipeline", "publish", "-f", "published.yml"]).ends(0);
    }
    mill.ok(&[
        "data",
        "retention",
        "set",
        "-n",
        "set",
        "--keep-versions",
        "1",
        "--grace-days",
        "0",
    ]);
    let plan = mill.ok(&["data", "retention", "apply", "-n", "set"]);
    let expected = [
        ("5", "keep"),
        ("4", "free"),
        ("3", "keep"),
        ("2", "keep"),
        ("1", "keep"),
    ];
    let expected = expected.map(|(version, fate)| (version.to_owned(), fate.to_owned()));
    assert_eq!(fates(&plan), expected, "{plan:#}");
    for (version, by) in [
        ("1", "schedule t-last names it"),
        ("2", "schedule t-long names it"),
        ("3", "published pipeline retrain (version 1) names it"),
    ] {
        assert!(why(&plan, version).contains(by), "{}", why(&plan, version));
    }
    assert!(why(&plan, "5").contains("more"), "{}", why(&plan, "5"));
}
