//! Jobs that try to reach what is not theirs, under each level of isolation that this machine gives.

use crate::support::{ENVIRONMENT, Mill};

/// A server with this level, or nothing when the machine does not give it.
fn mill_with(level: &'static str) -> Option<Mill> {
    let wanted: tidemill_process::isolation::Isolation = level.parse().expect("a level");
    if let Some(why) = wanted.lacks() {
        eprintln!("{level} is not tested: {why}");
        return None;
    }
    let mut mill = Mill::start();
    mill.kill_server();
    mill.options = vec!["--isolation", level];
    mill.start_server();
    Some(mill)
}

fn refused(level: &'static str) {
    let Some(mill) = mill_with(level) else { return };
    let data = mill.data.display().to_string();
    mill.submit("other", &format!("command: sleep 600\n{ENVIRONMENT}\n"));
    mill.wait("other", &["Running"]);
    for (name, tried) in [
        ("key", format!("cat {data}/keys/owner.token")),
        ("master", format!("cat {data}/keys/master.key")),
        ("database", format!("head -c 16 {data}/tidemill.db")),
        ("work", format!("ls {data}/work/default/other/1/code")),
        ("memory", format!("cat /proc/{}/environ", mill.server_pid())),
        (
            "prefix",
            "touch \"$(python -c 'import sys; print(sys.base_prefix)')/mine\"".to_owned(),
        ),
        ("input", "touch ${{inputs.table}}/mine".to_owned()),
    ] {
        mill.write("table/a.csv", "a\n1\n");
        let inputs = "inputs: {table: {type: uri_folder, path: table}}";
        let yaml =
            format!("command: >-\n  cat ${{{{inputs.table}}}}/a.csv && {tried}\n{inputs}\n{ENVIRONMENT}\n");
        let done = mill.stream(name, &yaml);
        assert_ne!(done.code, 0, "{level}: {tried}\n{}", done.text());
        assert!(
            mill.log(name).contains("a\n1\n"),
            "{level}: the input is there for {name}"
        );
        let job = mill.show(name);
        assert_eq!(job["status"], "Failed");
        let isolation = job["properties"]["isolation"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(isolation, format!("{level}, network open"));
    }
    mill.run(&["job", "cancel", "-n", "other"]).ends(0);
    mill.wait("other", &["Canceled"]);
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}

#[test]
fn under_bubblewrap_keys_database_other_jobs_and_what_is_read_only_are_refused() {
    refused("bubblewrap");
}

#[test]
fn under_landlock_keys_database_other_jobs_and_what_is_read_only_are_refused() {
    refused("landlock");
}
