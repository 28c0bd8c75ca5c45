//! The project in examples/flights, its data as it is: months arrive, summer is found and explained, and months that are not right
//! stop a training before anything is spent on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Mill, tool};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights")
}

/// A Python with pandas and the flights of 2013.
fn python() -> PathBuf {
    tool("tables")
}

/// What the step `fetch` does, and the versions that its outputs become.
fn fetch(mill: &Mill, python: &Path, months: &str) {
    for folder in ["all", "new"] {
        let _ = std::fs::remove_dir_all(mill.path(folder));
    }
    let done = Command::new(python)
        .arg(project().join("code/data/fetch/fetch.py"))
        .args(["--months", months, "--output"])
        .arg(mill.path("all"))
        .arg("--arrived")
        .arg(mill.path("new"))
        .output()
        .expect("runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for (name, folder) in [("flights", "all"), ("flights-arrived", "new")] {
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
}

#[test]
fn months_arrive_and_the_summer_is_found_and_explained() {
    let (mill, python) = (Mill::start(), python());
    let of = |path: &str| project().join(path).display().to_string();
    mill.ok(&["compute", "create", "-f", &of("infrastructure/compute.yml")]);
    mill.ok(&["environment", "create", "-f", &of("environments/training.yml")]);
    fetch(&mill, &python, "1-3");
    mill.ok(&["data", "baseline", "set", "-n", "flights", "-v", "1"]);
    for (version, months) in [("2", "1-5"), ("3", "1-6"), ("4", "1-7")] {
        fetch(&mill, &python, months);
        let name = format!("arrival{version}");
        mill.run(&[
            "job",
            "create",
            "-f",
            &of("code/pipelines/arrival.yml"),
            "--name",
            &name,
            "--stream",
        ])
        .ends(0);
    }
    let alarms = mill.ok(&["data", "history", "flights-arrived", "--alarms"]);
    let alarm = |table: &str, column: &str| -> Vec<String> {
        let rows = alarms.as_array().expect("rows").iter();
        rows.filter(|row| row["table"] == table && row["column"] == column)
            .map(|row| format!("{} since {}", row["version"], row["since"]))
            .collect()
    };
    // Not in May, once in June, and in July for the second time.
    assert_eq!(alarm("flights", "arr_delay"), ["\"4\" since \"3\""], "{alarms}");
    assert!(
        !alarm("weather", "temp").is_empty(),
        "it is warm from May on: {alarms}"
    );
    assert!(alarm("flights", "carrier").is_empty(), "{alarms}");

    let found = mill.ok(&[
        "data",
        "history",
        "flights-arrived",
        "--drift",
        "--column",
        "arr_delay",
    ]);
    let verdicts: Vec<&str> = found
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["verdict"].as_str())
        .collect();
    assert_eq!(verdicts, ["same", "drifted", "drifted"], "{found}");

    // Why: the report names the hours whose flights make the change.
    let all = mill.ok(&["data", "history", "flights-arrived", "--verdicts"]);
    let july = all
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["version"] == "4" && row["table"] == "flights")
        .expect("validated");
    assert_eq!(july["job"], "arrival4_flights");
    let id = july["id"].as_str().expect("an id");
    mill.run(&[
        "data",
        "history",
        "flights-arrived",
        "--report",
        id,
        "--output-file",
        "july.html",
    ])
    .ends(0);
    let page = std::fs::read_to_string(mill.path("july.html")).expect("a page");
    assert!(page.contains("Where it moved"), "{page}");
}

#[test]
fn months_that_are_not_right_stop_the_training() {
    let (mill, python) = (Mill::start(), python());
    let of = |path: &str| project().join(path).display().to_string();
    mill.ok(&["compute", "create", "-f", &of("infrastructure/compute.yml")]);
    mill.ok(&["environment", "create", "-f", &of("environments/training.yml")]);
    fetch(&mill, &python, "1-3");
    mill.ok(&["data", "baseline", "set", "-n", "flights", "-v", "1"]);
    // April to June are lost on their way.
    fetch(&mill, &python, "1-3,7");
    let training = of("code/pipelines/training.yml");
    mill.run(&["job", "create", "-f", &training, "--name", "gap", "--stream"])
        .ends(1)
        .says("no month is missing between the first and the last");
    let steps = mill.steps("gap");
    assert_eq!(steps["validate"].0, "Failed", "{steps:?}");
    for step in ["prepare", "train", "evaluate", "register"] {
        assert_eq!(steps[step].0, "Canceled", "{steps:?}");
    }
    let verdict = mill.ok(&["data", "history", "flights", "--verdicts"]);
    assert_eq!(
        (&verdict[0]["passed"], &verdict[0]["table"], &verdict[0]["job"]),
        (&false.into(), &"flights".into(), &"gap_validate".into()),
        "{verdict}"
    );
}
