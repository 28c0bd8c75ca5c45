//! Work that was done is not done again, and only that; a failed pipeline goes on where it stopped.

use crate::support::{ENVIRONMENT, Mill};

/// Three steps in a row, and one apart, each with code of its own that leaves a mark when it runs.
fn line(mill: &Mill) -> String {
    let marks = mill.shared("marks").display().to_string();
    for step in ["prepare", "train", "score", "apart"] {
        mill.write(
            &format!("{step}/run.sh"),
            format!("echo {step} >> {marks}\ncat $1/* > $2/{step}.txt\necho {step} >> $2/{step}.txt\n"),
        );
    }
    mill.write("raw/a.txt", "raw\n");
    let step = |name: &str, from: &str| {
        format!(
            "  {name}:\n    command: bash run.sh ${{{{inputs.i}}}} ${{{{outputs.o}}}}\n    code: {name}\n    {ENVIRONMENT}\n    \
             inputs: {{i: \"{from}\"}}\n    outputs: {{o: {{type: uri_folder}}}}\n"
        )
    };
    let raw = "${{parent.inputs.raw}}";
    format!(
        "type: pipeline\ninputs: {{raw: {{type: uri_folder, path: raw}}}}\njobs:\n{}{}{}{}",
        step("prepare", raw),
        step("train", "${{parent.jobs.prepare.outputs.o}}"),
        step("score", "${{parent.jobs.train.outputs.o}}"),
        step("apart", raw)
    )
}

fn ran(mill: &Mill) -> Vec<String> {
    let marks = mill.shared("marks");
    let mut ran: Vec<String> = std::fs::read_to_string(&marks)
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    let _ = std::fs::remove_file(marks);
    ran.sort();
    ran
}

#[test]
fn only_what_changed_and_what_depends_on_it_runs_again() {
    let mill = Mill::start();
    let yaml = line(&mill);
    mill.stream("one", &yaml).ends(0);
    assert_eq!(ran(&mill), ["apart", "prepare", "score", "train"]);
    mill.stream("two", &yaml).ends(0).says("reused");
    assert_eq!(ran(&mill), Vec::<String>::new());
    assert!(
        mill.steps("two")
            .values()
            .all(|(status, reused)| status == "Completed" && *reused)
    );
    assert_eq!(mill.show("two_score")["reused_from"], "one_score");

    // One byte of one step's code.
    let code = std::fs::read_to_string(mill.path("train/run.sh")).expect("a file");
    mill.write(
        "train/run.sh",
        code.replace("echo train >> $2", "echo Train >> $2"),
    );
    mill.stream("three", &yaml).ends(0);
    assert_eq!(ran(&mill), ["score", "train"]);
    let steps = mill.steps("three");
    assert!(
        steps["prepare"].1 && steps["apart"].1 && !steps["train"].1 && !steps["score"].1,
        "{steps:?}"
    );

    // One byte of the data: everything that reads it.
    mill.write("raw/a.txt", "Raw\n");
    mill.stream("four", &yaml).ends(0);
    assert_eq!(ran(&mill), ["apart", "prepare", "score", "train"]);

    mill.stream(
        "forced",
        &yaml.replace("jobs:\n", "settings: {force_rerun: true}\njobs:\n"),
    )
    .ends(0);
    assert_eq!(ran(&mill).len(), 4);
}

#[test]
fn outputs_that_were_tampered_with_are_made_anew() {
    let mill = Mill::start();
    let yaml = line(&mill);
    mill.stream("one", &yaml).ends(0);
    ran(&mill);
    let file = mill
        .data
        .join("objects/workspaces/default/blobstore/azureml/one_prepare/o/prepare.txt");
    std::fs::write(&file, "something else\n").expect("it is there");
    mill.stream("two", &yaml).ends(0);
    assert!(ran(&mill).contains(&"prepare".to_owned()));
    assert!(mill.steps("two")["apart"].1);
}

#[test]
fn a_step_that_is_not_deterministic_runs_each_time() {
    let mill = Mill::start();
    let yaml = |deterministic: bool| {
        mill.write(
            "dice.yml",
            format!("type: command\nname: dice\nis_deterministic: {deterministic}\ncommand: echo $RANDOM\n{ENVIRONMENT}\n"),
        );
        "type: pipeline\njobs: {dice: {type: command, component: ./dice.yml}}\n"
    };
    for (name, deterministic, reused) in [
        ("a", true, false),
        ("b", true, true),
        ("c", false, false),
        ("d", false, false),
    ] {
        mill.stream(name, yaml(deterministic)).ends(0);
        assert_eq!(mill.steps(name)["dice"].1, reused, "{name}");
    }
}

#[test]
fn a_failed_pipeline_resumes_where_it_stopped() {
    let mill = Mill::start();
    let yaml = line(&mill);
    let gate = mill.shared("open");
    let code = std::fs::read_to_string(mill.path("train/run.sh")).expect("a file");
    mill.write(
        "train/run.sh",
        format!("test -e {} || exit 4\n{code}", gate.display()),
    );
    mill.stream(
        "line",
        &yaml.replace(
            "type: pipeline",
            "type: pipeline\nsettings: {continue_on_step_failure: true}",
        ),
    )
    .ends(1)
    .says("train");
    assert_eq!(ran(&mill), ["apart", "prepare"]);
    std::fs::write(&gate, "").expect("a file");
    mill.run(&["job", "resume", "-n", "line"]).ends(0);
    mill.wait("line", &["Completed"]);
    assert_eq!(ran(&mill), ["score", "train"]);
    assert!(
        mill.steps("line")
            .values()
            .all(|(status, _)| status == "Completed")
    );
    mill.run(&["job", "resume", "-n", "line"]).ends(1);
}

#[test]
fn the_artifacts_of_a_reused_step_are_those_of_the_work_that_stands_for_it() {
    let mill = Mill::start();
    let yaml = format!(
        "type: pipeline\njobs:\n  bare:\n    command: mkdir -p outputs; echo kept > outputs/kept.txt\n    {ENVIRONMENT}\n  \
         said:\n    command: echo kept > ${{{{outputs.artifacts}}}}/kept.txt\n    {ENVIRONMENT}\n    \
         outputs: {{artifacts: {{type: uri_folder}}}}\n"
    );
    mill.stream("one", &yaml).ends(0);
    mill.stream("two", &yaml).ends(0);
    assert!(mill.steps("two").values().all(|(_, reused)| *reused));
    for (step, path) in [("two_bare", "outputs/kept.txt"), ("two_said", "kept.txt")] {
        let uri = format!("azureml://jobs/{step}/outputs/artifacts/paths/{path}");
        let reads = format!(
            "command: cat ${{{{inputs.i}}}}\n{ENVIRONMENT}\ninputs: {{i: {{type: uri_file, path: \"{uri}\"}}}}\n"
        );
        let name = format!("reads_{step}");
        mill.stream(&name, &reads).ends(0);
        assert!(mill.log(&name).contains("kept\n"), "{step}");
    }
    let folder = mill.path("down");
    let to = folder.display().to_string();
    mill.run(&[
        "job",
        "download",
        "-n",
        "two_said",
        "--output-name",
        "artifacts",
        "-p",
        &to,
    ])
    .ends(0);
    assert!(
        crate::support::files(&folder)
            .iter()
            .any(|file| file.ends_with("kept.txt"))
    );
}

#[test]
fn a_reused_step_shows_the_log_and_the_artifacts_of_the_work_that_stands_for_it() {
    let mill = Mill::start();
    let yaml = format!(
        "type: pipeline\njobs:\n  first:\n    command: echo said; echo kept > outputs/kept.txt\n    {ENVIRONMENT}\n  \
         second:\n    command: echo said; echo kept > outputs/kept.txt\n    {ENVIRONMENT}\n"
    );
    mill.stream("one", &yaml).ends(0);
    mill.stream("two", &yaml)
        .ends(0)
        .says("[first] said")
        .says("[second] said");
    assert!(mill.steps("two").values().all(|(_, reused)| *reused));
    assert_eq!(mill.show("two_first")["display_name"], "first");
    mill.run(&["job", "stream", "-n", "two_first"])
        .ends(0)
        .says("said\n");
    let folder = mill.path("down");
    mill.run(&[
        "job",
        "download",
        "-n",
        "two_second",
        "-p",
        &folder.display().to_string(),
    ])
    .ends(0);
    let kept = folder.join("artifacts/outputs/kept.txt");
    assert_eq!(std::fs::read_to_string(kept).expect("it is there"), "kept\n");
}
