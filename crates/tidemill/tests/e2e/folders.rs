//! Jobs and the folders of a datastore: what their submitter may not read they may not have, and what he may not write they don't write.

use crate::support::{Done, ENVIRONMENT, Mill};

/// A server with a lake of three folders, and the token of ada, who may read silver and write gold.
fn start() -> (Mill, String) {
    let mill = Mill::start();
    for name in ["silver", "bronze", "gold"] {
        mill.write(&format!("lake/{name}/a.txt"), name);
    }
    mill.ok(&[
        "datastore",
        "create",
        "--name",
        "lake",
        "--type",
        "local_folder",
        "--set",
        &format!("path={}", mill.path("lake").display()),
    ]);
    mill.ok(&["user", "create", "--name", "ada"]);
    mill.ok(&[
        "role",
        "assign",
        "Data Scientist",
        "user:ada",
        "--scope",
        "/workspaces/default",
    ]);
    let token = mill.ok(&["token", "create", "--principal", "user:ada"])["token"]
        .as_str()
        .expect("shown once")
        .to_owned();
    for (path, rights) in [("silver/*", "read"), ("gold/*", "read-write")] {
        mill.run(&[
            "datastore",
            "access",
            "grant",
            "--name",
            "lake",
            "--principal",
            "user:ada",
            "--path",
            path,
            "--rights",
            rights,
        ])
        .ends(0);
    }
    (mill, token)
}

fn stream(mill: &Mill, token: &str, name: &str, yaml: &str) -> Done {
    let file = format!("{name}.yml");
    mill.write(&file, yaml);
    mill.run(&[
        "job", "create", "-f", &file, "--name", name, "--stream", "--token", token,
    ])
}

fn command(read: &str, write: &str) -> String {
    format!(
        "command: cp ${{{{inputs.i}}}}/a.txt ${{{{outputs.o}}}}/b.txt\n{ENVIRONMENT}\n\
         inputs: {{i: {{type: uri_folder, path: \"azureml://datastores/lake/paths/{read}\"}}}}\n\
         outputs: {{o: {{type: uri_folder, path: \"azureml://datastores/lake/paths/{write}\"}}}}\n"
    )
}

#[test]
fn a_job_is_refused_at_submission_whose_folders_are_not_its_submitters() {
    let (mill, token) = start();
    stream(&mill, &token, "reads", &command("bronze/", "gold/x"))
        .ends(1)
        .says("input `i`")
        .says("datastore `lake` gives access by folder");
    stream(&mill, &token, "writes", &command("silver/", "silver/x"))
        .ends(1)
        .says("output `o`")
        .says("datastores/files/write");
    stream(&mill, &token, "both", &command("silver/", "gold/x")).ends(0);
    assert_eq!(
        std::fs::read_to_string(mill.path("lake/gold/x/b.txt")).expect("written"),
        "silver"
    );
    assert!(
        mill.run(&["job", "show", "-n", "reads"]).code != 0,
        "nothing of it stands"
    );
    // What one wrote is found by who may read it, and by nobody else: not even the owner.
    mill.run(&[
        "job",
        "download",
        "-n",
        "both",
        "--output-name",
        "o",
        "-p",
        "mine",
        "--token",
        &token,
    ])
    .ends(0);
    mill.run(&[
        "job",
        "download",
        "-n",
        "both",
        "--output-name",
        "o",
        "-p",
        "owners",
    ])
    .ends(1)
    .says("gives access by folder");
    let rules = mill.run(&["datastore", "access", "list", "--name", "lake"]);
    rules.ends(0).says("silver/*").says("gold/*");
    let why = mill.run(&[
        "role",
        "explain",
        "user:ada",
        "datastores/files/read",
        "--scope",
        "/workspaces/default/datastores/lake/bronze",
    ]);
    why.says("gives access by folder");
}

#[test]
fn a_pipeline_is_asked_for_each_step() {
    let (mill, token) = start();
    let step = |read: &str| {
        format!(
            "type: pipeline\njobs:\n  one:\n    command: cat ${{{{inputs.i}}}}/a.txt > ${{{{outputs.o}}}}/o.txt\n    {ENVIRONMENT}\n    \
             inputs: {{i: {{type: uri_folder, path: \"azureml://datastores/lake/paths/{read}\"}}}}\n    outputs: {{o: {{type: uri_folder}}}}\n  \
             two:\n    command: cat ${{{{inputs.i}}}}/o.txt\n    {ENVIRONMENT}\n    inputs: {{i: \"${{{{parent.jobs.one.outputs.o}}}}\"}}\n"
        )
    };
    stream(&mill, &token, "no", &step("bronze/"))
        .ends(1)
        .says("step `one`")
        .says("gives access by folder");
    stream(&mill, &token, "yes", &step("silver/")).ends(0);
}
