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

#[tokio::test]
async fn an_address_is_downloaded_once_and_given_as_the_path_of_a_file() {
    let mut bench =
        Bench::new("cat ${{inputs.file}} ${{inputs.folder}}; echo ${{inputs.direct}} ${{inputs.file}}");
    let server = crate::server::Server::start(bench.assignment.clone()).await;
    let url = format!("{}/files/tide.csv", server.url);
    for (name, kind, mode) in [
        ("file", "uri_file", "ro_mount"),
        ("folder", "uri_folder", "ro_mount"),
        ("direct", "uri_file", "direct"),
    ] {
        bench.input(name, kind, mode, Source::Url { url: url.clone() });
    }
    server.heard().assignment = Some(bench.assignment.clone());
    let done = bench.start_against(server).done().await;
    let log = done.log();
    assert!(
        log.starts_with(&format!("high,low\nhigh,low\n{url} ")),
        "{log} {:?}",
        done.finish
    );
    assert!(
        log.contains("/data/cache/inputs/") && log.ends_with("/tide.csv\n"),
        "{log}"
    );
}

#[tokio::test]
async fn a_python_of_its_own_lists_input_folders_in_order_and_is_reported() {
    let mut bench = Bench::new(
        "python -c 'import os, sys; n = os.listdir(sys.argv[1]); print(n == sorted(n), len(n), sys.prefix)' ${{inputs.data}}",
    );
    for index in 0..100 {
        bench.write(&format!("store/in/part-{}", index * 37 % 100), "");
    }
    bench.input("data", "uri_folder", "ro_mount", stored("in"));
    bench.assignment.environment.name = Some("plain:1".into());
    bench.assignment.environment.request = serde_json::json!({});
    let done = bench.run().await;
    assert_eq!(
        done.log(),
        format!("True 100 {}\n", bench.path("work/1/environment").display()),
        "{:?}",
        done.finish
    );
    let report = done.server.heard().environment.clone().expect("reported");
    assert!(!report.reused && report.digest.len() == 64, "{report:?}");
    assert!(
        bench
            .run()
            .await
            .server
            .heard()
            .environment
            .clone()
            .expect("reported")
            .reused
    );
}

#[tokio::test]
async fn a_table_is_given_as_it_lies_there_and_a_mode_that_would_evaluate_it_is_told() {
    let mut bench = Bench::new("ls ${{inputs.table}}; echo $WHERE");
    bench.write("store/in/MLTable", "paths: []\n");
    bench.input("table", "mltable", "eval_mount", stored("in"));
    let variable = ("WHERE".to_owned(), "at ${{inputs.table}}".to_owned());
    bench.assignment.environment_variables.extend([variable]);
    let done = bench.run().await;
    assert!(done.log().starts_with("MLTable\nat /"), "{}", done.log());
    assert!(
        done.finish.warnings[0].starts_with("inputs.table: eval_mount has no effect here"),
        "{:?}",
        done.finish.warnings
    );
}
