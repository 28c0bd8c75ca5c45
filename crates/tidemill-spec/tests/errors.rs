//! How errors read: one snapshot for each way of getting it wrong.

use std::path::Path;

use tidemill_spec::load::MemoryFiles;
use tidemill_spec::{Family, Override, load_document};

/// Loads `job.yml` beside some other files, and gives what a person reads.
fn rendered(text: &str, more: &[(&str, &str)], sets: &[&str]) -> String {
    let files: MemoryFiles = [("job.yml", text)]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let sets: Vec<Override> = sets
        .iter()
        .map(|set| Override::parse(set).expect("an override"))
        .collect();
    match load_document(&files, Path::new("job.yml"), &sets, Some(Family::Job)) {
        Ok(loaded) => format!("no error: {:?}", loaded.spec),
        Err(errors) => errors.to_string(),
    }
}

const COMPONENT: &str = "\
name: train
type: command
inputs:
  data: {type: uri_folder}
  epochs: {type: integer, min: 1, max: 10}
  solver: {type: string, enum: [adam, sgd], optional: true}
outputs:
  model: {type: mlflow_model}
command: train ${{inputs.data}} ${{inputs.epochs}} $[[--solver ${{inputs.solver}}]] ${{outputs.model}}
environment: azureml:env:1
";

#[test]
fn unknown_fields() {
    insta::assert_snapshot!(rendered(
        "type: command\ncomand: ls\ninptus:\n  x: 1\ncommand: ls\nenvironment: azureml:e:1\ninstance_count: 2\nzebra: 1\n",
        &[],
        &[]
    ));
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(rendered(
        "type: command\ncommand: [ls]\nenvironment: 5\nlimits: {timeout: soon}\nresources: {instance_count: -1}\ninputs: [1]\n",
        &[],
        &[]
    ));
}

#[test]
fn wrong_words() {
    insta::assert_snapshot!(rendered(
        "type: command\ncommand: ls\nenvironment: azureml:e:1\ninputs:\n  x: {type: uri_fodler, path: /d, mode: rw}\n\
         distribution: {type: pytroch}\n",
        &[("/d", "")],
        &[]
    ));
}

#[test]
fn duplicate_keys() {
    insta::assert_snapshot!(rendered("type: command\ncommand: ls\ncommand: pwd\n", &[], &[]));
}

#[test]
fn steps_in_a_circle() {
    let text = "type: pipeline\njobs:\n  a:\n    command: echo ${{inputs.x}} ${{outputs.o}}\n    environment: azureml:e:1\n    \
                inputs: {x: '${{parent.jobs.b.outputs.o}}'}\n    outputs: {o: }\n  b:\n    \
                command: echo ${{inputs.x}} ${{outputs.o}}\n    environment: azureml:e:1\n    \
                inputs: {x: '${{parent.jobs.a.outputs.o}}'}\n    outputs: {o: }\n";
    insta::assert_snapshot!(rendered(text, &[], &[]));
}

#[test]
fn component_files_in_a_circle() {
    let outer = "type: pipeline\njobs:\n  a: {type: pipeline, component: ./p/one.yml}\n";
    let one = "type: pipeline\nname: one\njobs:\n  b:\n    type: pipeline\n    component: file:./two.yml\n";
    let two = "type: pipeline\nname: two\njobs:\n  c:\n    type: pipeline\n    component: one.yml\n";
    insta::assert_snapshot!(rendered(outer, &[("p/one.yml", one), ("p/two.yml", two)], &[]));
}

#[test]
fn missing_files() {
    let text = "type: command\ncommand: ls\ncode: ./src\nenvironment: {image: python, conda_file: conda.yml}\n\
                inputs:\n  d: {path: ../data}\n";
    insta::assert_snapshot!(rendered(text, &[], &[]));
    let text = "type: pipeline\njobs:\n  a:\n    component: ./x.yml\n";
    insta::assert_snapshot!("missing_component", rendered(text, &[], &[]));
}

#[test]
fn wrong_bindings() {
    let text = "type: pipeline\ninputs: {rows: 5}\noutputs: {model: }\njobs:\n  prepare:\n    command: echo ${{inputs.row}} > ${{outputs.out}}\n    \
                environment: azureml:e:1\n    inputs: {rows: '${{parent.inputs.row}}'}\n    outputs: {out: }\n  train:\n    \
                component: ./train.yml\n    inputs:\n      data: ${{parent.jobs.prepar.outputs.out}}\n      \
                epochs: ${{inputs.rows}}\n    outputs: {model: '${{parent.outputs.modle}}'}\n";
    insta::assert_snapshot!(rendered(text, &[("train.yml", COMPONENT)], &[]));
}

#[test]
fn wrong_values_for_a_component() {
    let text = "type: pipeline\ninputs: {e: many}\njobs:\n  one:\n    component: ./train.yml\n    inputs:\n      data: {path: azureml:d:1}\n      \
                epochs: 11\n      solver: adamw\n      epoch: 3\n  two:\n    component: ./train.yml\n    inputs: {epochs: '${{parent.inputs.e}}'}\n";
    insta::assert_snapshot!(rendered(text, &[("train.yml", COMPONENT)], &[]));
}

#[test]
fn errors_in_other_files_point_there() {
    let text = "type: pipeline\njobs:\n  one:\n    component: ./c/train.yml\n";
    let wrong = COMPONENT
        .replace("type: integer", "type: intger")
        .replace("command: train", "command: train ${{inputs.dat}}");
    insta::assert_snapshot!(rendered(text, &[("c/train.yml", &wrong)], &[]));
    let text = "command: ls\nenvironment: {conda_file: ./conda.yml}\n";
    insta::assert_snapshot!(
        "conda_file",
        rendered(
            text,
            &[(
                "conda.yml",
                "name: x\ndependencies:\n  - python=3.10\n  - [pip]\n"
            )],
            &[]
        )
    );
}

#[test]
fn overrides_that_are_wrong() {
    let text = "command: ls\nenvironment: azureml:e:1\n";
    insta::assert_snapshot!(rendered(text, &[], &["limits.timeout=soon", "colour=red"]));
}

#[test]
fn refused_kinds() {
    let mut all = String::new();
    for text in [
        "type: sweep\ntrial: {}\n",
        "$schema: https://azuremlschemas.azureedge.net/latest/autoMLClassificationJob.schema.json \ntype: automl\n",
        "type: finetuning\n",
        "type: pipeline\njobs:\n  a: {type: automl, task: classification}\n  b: {type: parallel}\n",
        "$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json\nname: c\ncommand: ls\n",
        "type: comand\ncommand: ls\n",
        "- a\n- b\n",
        "a: [1\n",
        "command: ls\n---\ncommand: pwd\n",
        "",
    ] {
        all.push_str(&rendered(text, &[], &[]));
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[test]
fn files_that_multiply_are_stopped() {
    let mut files = Vec::new();
    for level in 0..8 {
        let steps: String = (0..40)
            .map(|n| {
                format!(
                    "  s{n}: {{type: pipeline, component: ./c{}.yml, comment: {}}}\n",
                    level + 1,
                    "x".repeat(100)
                )
            })
            .collect();
        files.push((
            format!("c{level}.yml"),
            format!("name: c\ntype: pipeline\njobs:\n{steps}"),
        ));
    }
    files.push((
        "c8.yml".into(),
        "name: c\ntype: pipeline\njobs: {a: {command: ls, environment: azureml:e:1}}\n".into(),
    ));
    let more: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let errors = rendered(
        "type: pipeline\njobs:\n  a: {type: pipeline, component: ./c0.yml}\n",
        &more,
        &[],
    );
    assert!(
        errors.contains("bytes together"),
        "{}",
        &errors[..200.min(errors.len())]
    );
}

#[test]
fn names_and_paths_that_climb() {
    let table = [
        (
            "name: ../x\ncommand: ls\nenvironment: azureml:e:1\n",
            "not a name that can be used",
        ),
        (
            "command: ls\nenvironment: azureml:e:1\ninputs: {d: {path: 'azureml://datastores/a/paths/../b'}}\n",
            "no path in a datastore",
        ),
        (
            "command: ls\nenvironment: azureml:e:1\noutputs: {o: {path: ./here}}\n",
            "cannot be written to",
        ),
        (
            "command: ls\nenvironment: {build: {path: /ctx, dockerfile_path: ../Dockerfile}}\n",
            "outside of the build's folder",
        ),
        (
            "command: ls\nenvironment: azureml:e:1\nservices: {t: {type: tensor_board, log_dir: ../logs}}\n",
            "leaves the working directory",
        ),
        ("command: ''\nenvironment: azureml:e:1\n", "the command is empty"),
        ("command: ls\n", "the field `environment` is missing"),
        (
            "command: ls\nenvironment: {name: e}\ninputs: {'a b': 1}\n",
            "not a name that an input",
        ),
    ];
    for (text, message) in table {
        let errors = rendered(text, &[("/ctx/Dockerfile", "")], &[]);
        assert!(errors.contains(message), "{text}\n{errors}");
    }
}
