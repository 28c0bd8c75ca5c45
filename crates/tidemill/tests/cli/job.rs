//! `tidemill job`: a job from its file to its end.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{Mill, World, done, settled};

const RELAXED: [&str; 2] = ["--environment-policy", "relaxed"];

fn world() -> World {
    let world = World::new();
    world.home.write("src/main.py", "print('from the code')\n");
    world.home.write(
        "job.yml",
        "command: echo hello ${{inputs.who}} && python3 main.py && echo 1 > ${{outputs.out}}/x && exit ${{inputs.code}}\n\
         code: src\nenvironment: {image: python:3.11}\ninputs: {who: world, code: 0}\noutputs: {out: {type: uri_folder}}\n",
    );
    world
}

fn create(world: &World, more: &[&str]) -> crate::support::Done {
    world.run(&[&["job", "create", "-f", "job.yml"], &RELAXED[..], more].concat())
}

#[test]
fn the_logs_of_a_job_are_streamed_and_its_end_is_the_exit_code() {
    let world = world();
    let completed = create(&world, &["--stream", "-n", "good"]);
    assert_eq!(completed.code, 0, "{}", completed.err);
    assert_eq!(completed.out, "hello world\nfrom the code\n");
    assert!(
        completed.err.contains("# Completed") && completed.err.contains("good Completed after"),
        "{}",
        completed.err
    );
    let failed = create(&world, &["--stream", "--set", "inputs.code=5", "inputs.who=you"]);
    assert_eq!(failed.code, 1, "{}", failed.err);
    assert!(
        failed.out.starts_with("hello you\n") && failed.err.contains("exit code 5"),
        "{}",
        failed.err
    );
    // Seen again later, with the same end.
    let again = world.run(&["job", "stream", "-n", "good"]);
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "hello world\nfrom the code\n")
    );
    let asked = create(
        &world,
        &["--stream", "-n", "asked", "--query", "status", "-o", "tsv"],
    );
    assert_eq!(asked.out, "Completed\n");
}

#[test]
fn a_job_is_shown_listed_changed_and_its_files_come_back() {
    let world = world();
    let name = create(&world, &["--query", "name", "-o", "tsv"])
        .ok()
        .trim()
        .to_owned();
    assert_eq!(name.split('_').count(), 3, "{name}");
    world.run(&["job", "stream", "-n", &name]).ok();
    let id = world
        .run(&["job", "show", "-n", &name, "--query", "id", "-o", "tsv"])
        .ok();
    assert_eq!(id.trim(), format!("azureml://jobs/{name}"));
    let changed = world
        .run(&[
            "job",
            "update",
            "-n",
            &name,
            "--set",
            "display_name=First",
            "tags.kept=yes",
        ])
        .json();
    assert_eq!(
        (&changed["display_name"], &changed["tags"]["kept"]),
        (&"First".into(), &"yes".into())
    );
    let said = world
        .run(&["job", "update", "-n", &name, "--set", "command=ls"])
        .fails(2);
    assert!(said.contains("never changes"), "{said}");
    let listed = world.run(&["job", "list", "-o", "table"]).ok();
    assert!(
        listed.contains(&name) && listed.contains("First") && listed.contains("Completed"),
        "{listed}"
    );
    world
        .run(&["job", "download", "-n", &name, "--all", "-p", "got"])
        .ok();
    let got = world.home.path().join("got");
    assert_eq!(
        std::fs::read_to_string(got.join("named-outputs/out/x")).expect("there"),
        "1\n"
    );
    assert!(got.join("artifacts/user_logs/std_log.txt").exists());
    let said = world
        .run(&["job", "download", "-n", &name, "--output-name", "nothing"])
        .fails(1);
    assert!(said.contains("there are: out"), "{said}");
    let services = world
        .run(&[
            "job",
            "show-services",
            "-n",
            &name,
            "--query",
            "Studio.endpoint",
            "-o",
            "tsv",
        ])
        .ok();
    assert!(services.starts_with(&world.mill.url), "{services}");
    world.run(&["job", "archive", "-n", &name]).ok();
    assert_eq!(world.run(&["job", "list"]).ok(), "[]\n");
    world.run(&["job", "restore", "-n", &name]).ok();
    assert_eq!(world.run(&["job", "list", "--query", "length(@)"]).ok(), "1\n");
}

#[test]
fn each_line_of_a_pipeline_has_the_name_of_its_step() {
    let world = world();
    world.home.write(
        "pipeline.yml",
        "type: pipeline\njobs:\n  \
           one:\n    command: echo first > ${{outputs.o}}/f; echo one\n    environment: {image: python:3.11}\n    outputs: {o: {type: uri_folder}}\n  \
           two:\n    command: cat ${{inputs.i}}/f; printf open\n    environment: {image: python:3.11}\n    inputs: {i: '${{parent.jobs.one.outputs.o}}'}\n",
    );
    let done = world.run(&[&["job", "create", "-f", "pipeline.yml", "--stream"], &RELAXED[..]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out, "[one] one\n[two] first\n[two] open\n");
    assert!(
        done.err.contains("# two: Completed") && done.err.contains("2 completed"),
        "{}",
        done.err
    );
    let again = world.run(&[&["job", "create", "-f", "pipeline.yml", "--stream"], &RELAXED[..]].concat());
    assert!(
        again.err.contains("2 reused") && again.err.contains("reused from"),
        "{}",
        again.err
    );
}

#[test]
fn ctrl_c_leaves_a_job_running() {
    let world = world();
    world.home.write(
        "long.yml",
        "command: echo started; sleep 60\nenvironment: {image: python:3.11}\n",
    );
    let mut command = world.command();
    command
        .args(["job", "create", "-f", "long.yml", "-n", "long", "--stream"])
        .args(RELAXED);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped"))
        .read_line(&mut line)
        .expect("text");
    assert_eq!(line, "started\n");
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    let ended = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(
        said.contains("tidemill job stream -n long") && said.contains("tidemill job cancel -n long"),
        "{said}"
    );
    assert_eq!(
        world
            .run(&["job", "show", "-n", "long", "--query", "status", "-o", "tsv"])
            .ok(),
        "Running\n"
    );
    world.run(&["job", "cancel", "-n", "long"]).ok();
    world.run(&["job", "stream", "-n", "long"]).fails(3);
}

#[test]
fn what_is_wrong_with_a_job_is_said_before_anything_is_sent() {
    let world = world();
    world.home.write(
        "bad.yml",
        "comand: ls\nenvironment: {image: python:3.11}\ncode: ./nowhere\n",
    );
    let said = world.run(&["job", "create", "-f", "bad.yml"]).fails(2);
    insta::assert_snapshot!("job_bad_file", settled(&said, &world.home));
    let said = world.run(&["job", "create"]).fails(2);
    assert!(said.contains("--file"), "{said}");
    let said = world
        .run(&[
            "job",
            "validate",
            "-f",
            "job.yml",
            "--set",
            "compute=azureml:gpu-cluster",
        ])
        .fails(1);
    insta::assert_snapshot!("job_unknown_compute", said);
    assert_eq!(
        world
            .run(&[
                "job", "validate", "-f", "job.yml", "--query", "result", "-o", "tsv"
            ])
            .ok(),
        "Succeeded\n"
    );
    assert_eq!(world.run(&["job", "list", "-o", "json"]).ok(), "[]\n");
}

#[test]
fn a_job_is_read_from_standard_input() {
    let world = world();
    let mut command = Command::new("bash");
    command.args([
        "-c",
        "exec \"$0\" \"$@\" < job.yml",
        crate::support::PROGRAM,
        "job",
        "create",
        "-f",
        "-",
        "--query",
        "type",
        "-o",
        "tsv",
    ]);
    command
        .args(RELAXED)
        .current_dir(world.home.path())
        .env("HOME", world.home.path())
        .env("TIDEMILL_URL", &world.mill.url);
    assert_eq!(done(&mut command).ok(), "command\n");
}

#[test]
fn the_commit_of_the_code_is_noted() {
    let world = world();
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .args(args)
            .current_dir(world.home.path())
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{args:?}");
    };
    git(&["init", "-q", "-b", "trunk"]);
    git(&["add", "src"]);
    git(&[
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "commit",
        "-q",
        "-m",
        "one",
    ]);
    git(&["remote", "add", "origin", "https://me:secret@example.org/r.git"]);
    let made = create(&world, &["-n", "from_git"]).json();
    let facts = &made["properties"];
    assert_eq!(facts["mlflow.source.git.repoURL"], "https://example.org/r.git");
    assert_eq!(facts["azureml.git.branch"], "trunk");
    assert_eq!(facts["mlflow.source.git.commit"].as_str().map(str::len), Some(40));
    assert_eq!(facts["azureml.git.dirty"], "false");
}

#[test]
fn a_stream_goes_on_when_a_killed_server_comes_back() {
    let world = world();
    world.home.write(
        "slow.yml",
        "command: for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done\nenvironment: {image: python:3.11}\n",
    );
    let mut command = world.command();
    command
        .args(["job", "create", "-f", "slow.yml", "-n", "slow", "--stream"])
        .args(RELAXED);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut said = String::new();
    out.read_line(&mut said).expect("text");
    let World { home, mill } = world;
    let listen = mill.url.trim_start_matches("http://").to_owned();
    mill.signal("-KILL");
    mill.ended();
    let _again = Mill::start(&home, &listen);
    std::io::Read::read_to_string(&mut out, &mut said).expect("text");
    let ended = child.wait_with_output().expect("ends");
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert_eq!(said, "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\n");
}
