//! A job whose run was deleted goes for good after the retention time, with its files; what became an asset stays.

use crate::support::{ENVIRONMENT, Mill};

#[test]
fn a_deleted_job_frees_its_files_after_its_time() {
    let mut mill = Mill::start();
    let step = |name: &str, output: &str| {
        format!(
            "  {name}:\n    command: head -c 300000 /dev/urandom > ${{{{outputs.o}}}}/bytes.bin; echo {name}\n    \
             {ENVIRONMENT}\n    outputs: {{o: {output}}}\n"
        )
    };
    let yaml = format!(
        "type: pipeline\njobs:\n{}{}",
        step("scratch", "{type: uri_folder}"),
        step("keep", "{type: uri_folder, name: kept, version: 1}")
    );
    mill.stream("gone", &yaml).ends(0);
    mill.stream("stays", &format!("command: echo here\n{ENVIRONMENT}\n"))
        .ends(0);
    let files = |mill: &Mill, word: &str| {
        let below = crate::support::files(&mill.data.join("objects/workspaces"));
        below
            .into_iter()
            .filter(|path| path.to_string_lossy().contains(word))
            .count()
    };
    assert!(files(&mill, "gone_scratch") > 0 && files(&mill, "gone_keep") > 1);
    let (status, body) = mill.http(
        "POST",
        "/api/2.0/mlflow/runs/delete",
        None,
        "{\"run_id\": \"gone\"}",
    );
    assert_eq!(status, 200, "{body}");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    mill.kill_server();
    mill.options = vec!["--retention", "1s"];
    mill.start_server();
    mill.until("the job to be gone", || {
        (mill.run(&["job", "show", "-n", "gone"]).code != 0).then_some(())
    });
    mill.run(&["job", "show", "-n", "gone_scratch"])
        .ends(1)
        .says("failed to find");
    assert_eq!(files(&mill, "gone_scratch"), 0);
    // What became a data version is still read, and nothing else of that step is left.
    assert_eq!(files(&mill, "gone_keep"), 1);
    assert_eq!(
        mill.ok(&["data", "show", "-n", "kept", "--version", "1"])["version"],
        "1"
    );
    assert_eq!(mill.show("stays")["status"], "Completed");
    assert!(mill.log("stays").contains("here"));
}
