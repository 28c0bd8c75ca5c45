//! Code, inputs and outputs.

use crate::bench::Bench;
use tidemill_api::runner::{CodeTree, Input, Outcome, Source};

fn stored(path: &str) -> Source {
    Source::Datastore {
        datastore: "store".into(),
        path: path.into(),
    }
}

#[tokio::test]
async fn code_is_a_private_copy_and_outputs_become_artifacts() {
    let mut bench = Bench::new(
        "cat main.txt > outputs/a.txt; mkdir logs/deep; echo l > logs/deep/b; echo x > main.txt; pwd",
    );
    bench.write("code/main.txt", "hello");
    bench.assignment.code = Some(CodeTree {
        tree: bench.tree("code").await,
    });
    let done = bench.run().await;
    assert_eq!(done.finish.outcome, Outcome::Completed, "{:?}", done.finish);
    assert_eq!(
        (
            bench.read("artifacts/outputs/a.txt").as_str(),
            bench.read("artifacts/logs/deep/b").as_str()
        ),
        ("hello", "l\n")
    );
    assert!(
        !bench.path("work/1").exists(),
        "the folder of the attempt is gone"
    );
    assert_eq!(bench.run().await.finish.outcome, Outcome::Completed);
}

#[tokio::test]
async fn without_code_the_two_folders_are_there() {
    let done = Bench::new("test -d outputs && test -d logs && ls").run().await;
    assert_eq!(done.log(), "logs\noutputs\n");
}

#[tokio::test]
async fn inputs_are_laid_as_they_are_asked_for() {
    let mut bench = Bench::new(
        "cat ${{inputs.mounted}}/a.csv ${{inputs.copied}}/a.csv ${{inputs.file}} ${{inputs.tree}}/a.csv ${{inputs.one}}; \
         echo; echo changed > ${{inputs.copied}}/a.csv; echo ${{inputs.where}} $AZURE_ML_INPUT_mounted",
    );
    bench.write("store/in/a.csv", "1");
    bench.input("mounted", "uri_folder", "ro_mount", stored("in"));
    bench.input("copied", "uri_folder", "download", stored("in/"));
    bench.input("file", "uri_file", "ro_mount", stored("in/a.csv"));
    bench.input("where", "uri_folder", "direct", stored("in"));
    let tree = bench.tree("store/in").await;
    bench.input(
        "tree",
        "uri_folder",
        "ro_mount",
        Source::Tree {
            tree: tree.clone(),
            path: String::new(),
        },
    );
    bench.input(
        "one",
        "uri_file",
        "download",
        Source::Tree {
            tree,
            path: "a.csv".into(),
        },
    );
    let done = bench.run().await;
    let place = bench.path("store/in").display().to_string();
    assert_eq!(
        done.log(),
        format!("11111\n{place} {place}\n"),
        "{:?}",
        done.finish
    );
    assert_eq!(bench.read("store/in/a.csv"), "1");
}

#[tokio::test]
async fn a_changed_source_is_an_error_that_names_the_file() {
    let mut bench = Bench::new("cat ${{inputs.data}}/*");
    bench.write("store/in/a.csv", "1");
    bench.write("store/in/b.csv", "2");
    let digest = bench.tree("store/in").await;
    bench.input("data", "uri_folder", "ro_mount", stored("in"));
    if let Some(Input::Data { manifest, .. }) = bench.assignment.inputs.get_mut("data") {
        *manifest = Some(digest);
    }
    assert_eq!(bench.run().await.log(), "12");
    bench.write("store/in/b.csv", "3");
    let done = bench.run().await;
    assert_eq!(done.finish.outcome, Outcome::Failed);
    assert!(
        done.reason().starts_with("input data: ") && done.reason().contains("b.csv"),
        "{}",
        done.reason()
    );
}

#[tokio::test]
async fn missing_data_is_named() {
    let mut bench = Bench::new("true");
    bench.input("data", "uri_folder", "ro_mount", stored("nowhere"));
    let done = bench.run().await;
    assert!(
        done.reason().contains("input data") && done.reason().contains("nowhere"),
        "{}",
        done.reason()
    );
}

#[tokio::test]
async fn outputs_end_up_where_they_belong_and_are_counted() {
    let mut bench = Bench::new(
        "echo m > ${{outputs.model}}/model.txt; echo s > ${{outputs.score}}; echo u > ${{outputs.upload}}/u.txt; \
         echo w > outputs/world.txt",
    );
    bench.output("model", "uri_folder", "rw_mount", "jobs/1/model");
    bench.output("score", "uri_file", "rw_mount", "jobs/1/score.txt");
    bench.output("upload", "uri_folder", "upload", "jobs/1/upload");
    bench.output("nothing", "uri_folder", "rw_mount", "jobs/1/nothing");
    bench.output("artifacts", "uri_folder", "rw_mount", "");
    let done = bench.run().await;
    assert_eq!(done.finish.outcome, Outcome::Completed, "{:?}", done.finish);
    assert_eq!(bench.read("store/jobs/1/upload/u.txt"), "u\n");
    assert_eq!(bench.report(&done.finish, "model"), ["model.txt"]);
    assert_eq!(bench.report(&done.finish, "score"), ["score.txt"]);
    assert_eq!(bench.report(&done.finish, "upload"), ["u.txt"]);
    assert_eq!(bench.report(&done.finish, "artifacts"), ["outputs/world.txt"]);
    assert_eq!(done.finish.outputs.get("nothing"), None);
    assert!(
        done.finish.warnings[0].contains("nothing"),
        "{:?}",
        done.finish.warnings
    );
}

#[tokio::test]
async fn a_failed_job_keeps_what_it_wrote() {
    let mut bench = Bench::new("echo half > ${{outputs.model}}/half.txt; echo log > outputs/x; exit 1");
    bench.output("model", "uri_folder", "upload", "m");
    let done = bench.run().await;
    assert_eq!(done.finish.exit_code, Some(1));
    assert_eq!(bench.report(&done.finish, "model"), ["half.txt"]);
    assert_eq!(bench.read("artifacts/outputs/x"), "log\n");
}
