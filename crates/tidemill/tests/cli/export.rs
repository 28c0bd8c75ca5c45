//! `tidemill run export`: MLflow's client reads from the folder what it reads from the server.

use serde_json::json;

use crate::import_mlflow::script;
use crate::support::World;

#[test]
fn mlflow_reads_an_exported_folder_as_it_reads_the_server() {
    let world = World::new();
    let folder = world.home.path();
    script(folder, "import_fill.py", &[&world.mill.url]);
    let export = |more: &[&str]| {
        let args = [&["run", "export", "--to", "out/mlruns", "-o", "json"], more].concat();
        world.run(&args).json()
    };
    let some = export(&["--experiment", "flights é/ü", "--filter", "params.depth = '3'"]);
    assert_eq!(some["runs"], json!({"added": 1, "there_already": 0}));
    assert_eq!(some["models"], json!({"written": 0, "versions_added": 0}));
    // What a kill leaves of a run that was not whole.
    world.home.write("out/mlruns/.unfinished/params/x", "y");
    let all = export(&[]);
    assert_eq!(
        (&all["runs"], &all["left_out"]),
        (&json!({"added": 13, "there_already": 1}), &json!([]))
    );
    assert_eq!(all["logged_models"], json!({"added": 1, "there_already": 0}));
    assert_eq!(all["traces"], json!({"added": 2, "there_already": 0}));
    // Two versions of `wine`, and one of the prompt.
    assert_eq!(all["models"], json!({"written": 3, "versions_added": 3}));
    assert_eq!(export(&[])["runs"], json!({"added": 0, "there_already": 14}));
    let uri = format!("file://{}", folder.join("out/mlruns").display());
    let said = script(folder, "import_compare.py", &[&world.mill.url, &uri, "active"]);
    assert!(said.contains("14 runs, 26612 points compared"), "{said}");

    // It is a source of an import as well.
    let other = World::new();
    let args = ["run", "import", "-o", "json", "--from"];
    let from = folder.join("out/mlruns").display().to_string();
    let told = other.run(&[&args[..], &[&from]].concat()).json();
    assert_eq!(
        (&told["runs"], &told["left_out"]),
        (&json!({"added": 14}), &json!([]))
    );
    assert_eq!(told["logged_models"], json!({"added": 1}));
    assert_eq!(told["traces"], json!({"added": 2}));
    script(
        folder,
        "import_compare.py",
        &[&world.mill.url, &other.mill.url, "active"],
    );
}

#[test]
fn a_folder_of_another_workspace_is_not_mixed_with_this_one() {
    let world = World::new();
    world
        .home
        .write("out/0/meta.yaml", "experiment_id: '0'\nname: something else\n");
    let said = world.run(&["run", "export", "--to", "out"]).fails(1);
    assert!(
        said.contains("something else") || said.contains("another one"),
        "{said}"
    );
    let said = world
        .run(&["run", "export", "--to", "new", "--experiment", "missing"])
        .fails(1);
    assert!(said.contains("missing") && said.contains("Default"), "{said}");
}
