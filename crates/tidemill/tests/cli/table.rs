//! Tables of this machine: profile, drift, expectations. No server is there.

use std::path::Path;
use std::process::Command;

use crate::support::{Home, PROGRAM, done};

fn run(home: &Home, args: &[&str]) -> crate::support::Done {
    let mut command = Command::new(PROGRAM);
    command
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .args(args);
    done(&mut command)
}

/// Two months: in the second one the delays are longer, and a carrier is new.
fn home() -> Home {
    let home = Home::new();
    let month = |late: u32, carriers: [&str; 2]| {
        let mut text = String::from("id,delay,carrier,note\n");
        for row in 0..2000u32 {
            let delay = (row * 7919 % 61) + (row * 104_729 % 37) + late;
            text += &format!("{row},{delay},{},\n", carriers[(row * 31 % 5 / 4) as usize]);
        }
        text
    };
    home.write("january.csv", &month(0, ["UA", "AA"]));
    home.write("february.csv", &month(1, ["UA", "AA"]));
    home.write("july.csv", &month(25, ["UA", "XX"]));
    home
}

#[test]
fn a_profile_is_a_table_json_and_a_page() {
    let home = home();
    insta::assert_snapshot!(
        run(
            &home,
            &[
                "data",
                "profile",
                "january.csv",
                "--target",
                "carrier",
                "-o",
                "table"
            ]
        )
        .ok()
    );
    let profile = run(
        &home,
        &["data", "profile", "january.csv", "--html", "report.html"],
    )
    .json();
    assert_eq!(
        (&profile["rows"], &profile["columns"][1]["name"]),
        (&2000.into(), &"delay".into())
    );
    assert_eq!(profile["columns"][0]["key"], "certain");
    let page = std::fs::read_to_string(home.path().join("report.html")).expect("a page");
    assert!(
        page.contains("<h3>carrier</h3>") && !page.contains("<script") && !page.contains("http"),
        "the page stands alone"
    );
}

#[test]
fn a_broken_file_is_told_with_its_row_and_what_to_do() {
    let home = home();
    home.write("broken.csv", "a,b\n1,2\n3\n");
    let said = run(&home, &["data", "profile", "broken.csv"]).fails(1);
    assert_eq!(
        said,
        "error: failed to read broken.csv, row 3: 2 columns are named, and the row has 1 fields\n  hint: rows are cut at `,`; \
         correct the row, or name another delimiter with --delimiter\n"
    );
    assert!(
        run(&home, &["data", "profile", "nowhere.csv"])
            .fails(1)
            .contains("nowhere.csv")
    );
    assert!(
        run(&home, &["data", "profile", "january.csv", "--target", "x"])
            .fails(1)
            .contains("there are id, delay, carrier")
    );
}

#[test]
fn drift_is_found_where_it_is() {
    let home = home();
    let same = run(&home, &["data", "drift", "january.csv", "february.csv", "--fail"]).json();
    assert_eq!(same["drifted"], 0);
    let moved = run(&home, &["data", "drift", "january.csv", "july.csv"]).json();
    let verdict = |name: &str| {
        let columns = moved["columns"].as_array().expect("columns");
        columns
            .iter()
            .find(|column| column["column"] == name)
            .map(|column| column["verdict"].clone())
    };
    assert_eq!(moved["drifted"], 2, "{moved}");
    assert_eq!(
        [verdict("delay"), verdict("carrier"), verdict("id")],
        [
            Some("drifted".into()),
            Some("drifted".into()),
            Some("left_out".into())
        ]
    );
    insta::assert_snapshot!(
        run(
            &home,
            &["data", "drift", "january.csv", "july.csv", "-o", "table"]
        )
        .ok()
    );
    run(&home, &["data", "drift", "january.csv", "july.csv", "--fail"]).fails(1);
}

#[test]
fn generated_expectations_hold_for_their_table_and_not_for_another() {
    let home = home();
    run(
        &home,
        &["data", "validate", "--data", "january.csv", "--generate", "e.yml"],
    )
    .ok();
    insta::assert_snapshot!(std::fs::read_to_string(home.path().join("e.yml")).expect("a draft"));
    let held = run(
        &home,
        &[
            "data",
            "validate",
            "--data",
            "january.csv",
            "--expectations",
            "e.yml",
            "--baseline",
            "february.csv",
        ],
    )
    .json();
    assert_eq!(
        (&held["passed"], &held["warnings"]),
        (&true.into(), &0.into()),
        "{held}"
    );
    let failed = run(
        &home,
        &[
            "data",
            "validate",
            "--data",
            "july.csv",
            "-e",
            "e.yml",
            "--baseline",
            "january.csv",
            "-o",
            "table",
            "--html",
            "v.html",
        ],
    );
    assert_eq!(failed.code, 1);
    insta::assert_snapshot!(failed.out);
    assert!(Path::new(&home.path().join("v.html")).is_file());
}

#[test]
fn a_slip_in_expectations_is_told() {
    let home = home();
    home.write("e.yml", "columns:\n  delay:\n    men: {min: 1}\n");
    let said = run(
        &home,
        &["data", "validate", "--data", "january.csv", "-e", "e.yml"],
    )
    .fails(2);
    assert!(said.contains("there is no statistic `men`"), "{said}");
    home.write("e.yml", "colums: {}\n");
    let said = run(
        &home,
        &["data", "validate", "--data", "january.csv", "-e", "e.yml"],
    )
    .fails(2);
    assert!(said.contains("colums"), "{said}");
}
