//! Folders of infrastructure: parameters of a stage, places, and errors that name file and line.

use std::path::{Path, PathBuf};

use tidemill_spec::infra::{Infrastructure, load};
use tidemill_spec::load::MemoryFiles;
use tidemill_spec::yaml::Override;

const SETTINGS: (&str, &str) = (
    "/i/infra.yml",
    "type: infrastructure\nname: flights-${{parameters.stage}}\nparameters:\n  stage: {type: string, allowed: [dev, prd]}\n  nodes: {type: integer, default: 2}\n",
);
const WORKSPACE: (&str, &str) = (
    "/i/workspace.yml",
    "$schema: x/workspace.schema.json\nname: flights-${{parameters.stage}}\nresource_group: flights\n",
);
const COMPUTE: (&str, &str) = (
    "/i/compute.yml",
    "# How many nodes depends on the stage.\n\ntype: amlcompute\nname: cpu\nmax_instances: ${{parameters.nodes}}\n",
);

fn loaded(
    files: &[(&str, &str)],
    parameters: Option<&str>,
    set: &[(&str, &str)],
) -> Result<Infrastructure, String> {
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(path, _)| PathBuf::from(path))
        .filter(|path| path.extension().is_some_and(|end| end == "yml"))
        .collect();
    let memory: MemoryFiles = files.iter().map(|(path, text)| (*path, *text)).collect();
    let set: Vec<Override> = set
        .iter()
        .map(|(path, value)| Override {
            path: (*path).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    load(&memory, &paths, parameters.map(Path::new), &set).map_err(|errors| errors.to_string())
}

#[test]
fn parameters_of_a_stage_fill_in_names_and_numbers() {
    let dev = ("/i/parameters/dev.yaml", "stage: dev\n");
    let found = loaded(
        &[SETTINGS, WORKSPACE, COMPUTE, dev],
        Some(dev.0),
        &[("nodes", "4")],
    )
    .expect("it is right");
    assert_eq!(found.name.as_deref(), Some("flights-dev"));
    let told: Vec<_> = found
        .resources
        .iter()
        .map(|one| {
            (
                one.kind.as_str(),
                one.place.as_deref(),
                one.name.as_str(),
                one.line,
            )
        })
        .collect();
    // The compute is in the only workspace that there is.
    assert_eq!(
        told,
        [
            ("workspace", Some("flights"), "flights-dev", 1),
            ("compute", Some("flights-dev"), "cpu", 3)
        ]
    );
    assert!(format!("{:?}", found.resources[1].body).contains("max_instances: Some(4)"));
}

#[test]
fn a_file_may_hold_several_documents_each_on_its_lines() {
    let both = (
        "/i/both.yml",
        "kind: team\nname: analysts\n---\n\n# The next one\nkind: team\nname: owners\nmembers: [team:analysts]\n",
    );
    let found = loaded(&[both], None, &[]).expect("it is right");
    let lines: Vec<_> = found
        .resources
        .iter()
        .map(|one| (one.name.as_str(), one.line))
        .collect();
    assert_eq!(lines, [("analysts", 1), ("owners", 6)]);
}

#[test]
fn files_that_others_name_are_no_resources() {
    let environment = (
        "/i/env.yml",
        "name: training\nimage: python:3.11\nconda_file: conda.yml\nworkspace: w\n",
    );
    let conda = ("/i/conda.yml", "dependencies: [python=3.11]\n");
    let found = loaded(&[conda, environment], None, &[]).expect("it is right");
    assert_eq!(found.resources.len(), 1);
}

/// Files, values that are set, and what the error says.
type Case<'t> = (&'t [Pair<'t>], &'t [Pair<'t>], &'t [&'t str]);
type Pair<'t> = (&'t str, &'t str);

#[test]
fn what_is_wrong_names_file_and_line() {
    let table: &[Case] = &[
        // Nothing gives the stage.
        (
            &[SETTINGS, WORKSPACE, COMPUTE],
            &[],
            &["parameter `stage` has no value", "/i/workspace.yml:2:7"],
        ),
        // It is given, and nobody wants it.
        (
            &[WORKSPACE, COMPUTE],
            &[("stage", "dev"), ("nodes", "1"), ("regoin", "x")],
            &["parameter `regoin` is given", "--set"],
        ),
        // It is declared, and nobody wants it.
        (
            &[(
                "/i/a.yml",
                "type: infrastructure\nname: a\nparameters:\n  unused: {default: 1}\n",
            )],
            &[],
            &[
                "parameter `unused` is declared, and no file uses it",
                "/i/a.yml:4:3",
            ],
        ),
        (
            &[SETTINGS, WORKSPACE, COMPUTE],
            &[("stage", "test")],
            &["parameter `stage` may be dev, prd"],
        ),
        (
            &[SETTINGS, WORKSPACE, COMPUTE],
            &[("stage", "dev"), ("nodes", "many")],
            &["of type integer", "the text \"many\""],
        ),
        (
            &[(
                "/i/a.yml",
                "type: amlcompute\nname: ${{parameters.nmae}}\nworkspace: w\n",
            )],
            &[("name", "x")],
            &["did you mean `name`?", "/i/a.yml:2:7"],
        ),
        // A number of nodes that is none is an error where it is used.
        (
            &[WORKSPACE, COMPUTE],
            &[("stage", "dev"), ("nodes", "many")],
            &["/i/compute.yml:5:16"],
        ),
        (
            &[("/i/a.yml", "type: amlcompute\nname: cpu\n")],
            &[],
            &["it does not say in which workspace it is", "/i/a.yml:1:1"],
        ),
        (
            &[("/i/a.yml", "type: command\ncommand: ls\n")],
            &[],
            &["this is a command job, and no infrastructure"],
        ),
        (
            &[(
                "/i/a.yml",
                "type: s3\nname: a\nworkspace: w\nbucket: b\ncredentials: {access_key_id: a, secret_access_key: b}\n",
            )],
            &[],
            &["a secret stands in a file", "/i/a.yml:5:33"],
        ),
        (
            &[
                (
                    "/i/i.yml",
                    "type: infrastructure\nname: a\nparameters: {p: {secret: true}}\n",
                ),
                (
                    "/i/a.yml",
                    "kind: team\nname: a\ndescription: ${{parameters.p}}\n",
                ),
            ],
            &[("p", "hush")],
            &[
                "parameter `p` is a secret, and `description` is shown",
                "/i/a.yml:3:14",
            ],
        ),
    ];
    for (files, set, expected) in table {
        let said = loaded(files, None, set).expect_err("it is wrong");
        for part in *expected {
            assert!(said.contains(part), "{part}\n{said}");
        }
        assert!(!said.contains("hush"), "{said}");
    }
}

#[test]
fn a_secret_fills_in_credentials_and_is_not_printed() {
    let files = [
        (
            "/i/i.yml",
            "type: infrastructure\nname: a\nparameters: {key: {secret: true}}\n",
        ),
        (
            "/i/s.yml",
            "type: secret\nname: db\ngroup: g\nvalue: ${{parameters.key}}\n",
        ),
    ];
    let found = loaded(&files, None, &[("key", "\"hush\"")]).expect("it is right");
    assert_eq!(
        (
            found.resources[0].kind.as_str(),
            found.resources[0].place.as_deref()
        ),
        ("secret", Some("g"))
    );
    assert!(!format!("{found:?}").contains("hush"));
}
