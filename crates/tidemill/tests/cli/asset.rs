//! Data, environments, components and models.

use crate::support::World;

#[test]
fn data_goes_round() {
    let world = World::new();
    world.home.write("raw/a.csv", "1,2\n");
    world.home.write("raw/b/c.csv", "3,4\n");
    let args = [
        "data",
        "create",
        "--name",
        "raw",
        "--type",
        "uri_folder",
        "--path",
        "./raw",
        "--tags",
        "team=blue",
    ];
    let first = world.run(&args).json();
    assert_eq!(
        (&first["version"], &first["id"], &first["files"]),
        (&"1".into(), &"azureml:raw:1".into(), &2.into())
    );
    world.home.write("raw/a.csv", "5,6\n");
    let second = world.run(&args).json();
    assert_eq!(second["version"], "2");
    assert_ne!(first["digest"], second["digest"]);
    let latest = world
        .run(&[
            "data", "show", "-n", "raw", "--label", "latest", "--query", "version", "-o", "tsv",
        ])
        .ok();
    assert_eq!(latest, "2\n");
    let versions = world
        .run(&["data", "list", "-n", "raw", "--query", "[].version", "-o", "tsv"])
        .ok();
    assert_eq!(versions.lines().count(), 2);
    let changed = world
        .run(&[
            "data",
            "update",
            "-n",
            "raw",
            "-v",
            "1",
            "--description",
            "Old",
            "--set",
            "tags.kept=3",
        ])
        .json();
    assert_eq!(
        (&changed["description"], &changed["tags"]["kept"]),
        (&"Old".into(), &"3".into())
    );
    let said = world
        .run(&["data", "update", "-n", "raw", "-v", "1", "--set", "path=x"])
        .fails(2);
    assert!(said.contains("never changes"), "{said}");
    world.run(&["data", "archive", "-n", "raw"]).ok();
    assert_eq!(world.run(&["data", "list"]).ok(), "[]\n");
    world.run(&["data", "restore", "-n", "raw"]).ok();
    assert_eq!(
        world
            .run(&["data", "list", "--query", "[0].name", "-o", "tsv"])
            .ok(),
        "raw\n"
    );
}

#[test]
fn an_environment_and_a_component_are_made_from_files_and_options() {
    let world = World::new();
    world.home.write(
        "conda.yml",
        "name: x\ndependencies: [python=3.11, pip, {pip: [six]}]\n",
    );
    let args = [
        "environment",
        "create",
        "-n",
        "mine",
        "--image",
        "python:3.11",
        "--conda-file",
        "conda.yml",
    ];
    let made = world.run(&args).json();
    assert_eq!((&made["name"], &made["version"]), (&"mine".into(), &"1".into()));
    assert_eq!(made["conda_file"]["name"], "x");
    world.home.write("step/src/run.py", "print(1)\n");
    world.home.write(
        "step/step.yml",
        "name: step\ntype: command\ncommand: python run.py\ncode: ./src\nenvironment: azureml:mine:1\n",
    );
    let made = world
        .run(&["component", "create", "-f", "step/step.yml", "--version", "7"])
        .json();
    assert_eq!(made["version"], "7");
    assert!(
        made["code"]
            .as_str()
            .expect("text")
            .starts_with("tidemill://trees/"),
        "{made}"
    );
    let changed = world
        .run(&[
            "component",
            "update",
            "-n",
            "step",
            "--version",
            "7",
            "--set",
            "display_name=Step",
            "description=One",
            "tags.a=b",
        ])
        .json();
    assert_eq!(
        (
            &changed["display_name"],
            &changed["description"],
            &changed["tags"]["a"]
        ),
        (&"Step".into(), &"One".into(), &"b".into())
    );
    let curated = [
        "environment",
        "show",
        "--name",
        "AzureML-sklearn-1.5",
        "--label",
        "latest",
    ];
    let shown = world.run(&curated).json();
    assert_eq!(
        (&shown["name"], &shown["version"]),
        (&"sklearn-1.5".into(), &"1".into())
    );
    let of_registry = world
        .run(
            &[
                &curated[..],
                &["--registry-name", "azureml", "--query", "id", "-o", "tsv"],
            ]
            .concat(),
        )
        .ok();
    assert_eq!(
        of_registry,
        "azureml://registries/azureml/environments/sklearn-1.5/versions/1\n"
    );
    let listed = world
        .run(&[
            "environment",
            "list",
            "--registry-name",
            "azureml",
            "--query",
            "[].name",
            "-o",
            "tsv",
        ])
        .ok();
    assert!(
        listed.lines().any(|name| name == "sklearn-1.5") && !listed.contains("mine"),
        "{listed}"
    );
    let said = world
        .run(&["environment", "list", "--registry-name", "contoso"])
        .fails(1);
    assert!(said.contains("registry `contoso`"), "{said}");
}

#[test]
fn a_model_comes_back_as_it_was() {
    let world = World::new();
    world.home.write("model/weights/w.bin", "weights");
    let args = [
        "model",
        "create",
        "-n",
        "net",
        "--type",
        "custom_model",
        "--path",
        "./model",
    ];
    assert_eq!(world.run(&args).json()["version"], "1");
    world
        .run(&["model", "download", "-n", "net", "-v", "1", "-p", "got"])
        .ok();
    let found = std::fs::read_to_string(world.home.path().join("got/net/weights/w.bin"));
    let found =
        found.or_else(|_| std::fs::read_to_string(world.home.path().join("got/net/model/weights/w.bin")));
    assert_eq!(found.expect("downloaded"), "weights");
}
