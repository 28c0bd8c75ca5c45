//! Steps that steer others, as they are written, and how errors about them read.

use std::path::Path;

use tidemill_spec::load::MemoryFiles;
use tidemill_spec::{Family, load_document};

const STEPS: &str = "\
type: pipeline
inputs: {flag: true}
jobs:
  probe: {command: 'echo true > ${{outputs.go}}', environment: azureml:e:1, outputs: {go: {type: uri_file}}}
  a: {command: 'echo ${{inputs.n}} > ${{outputs.o}}', environment: azureml:e:1, inputs: {n: 1}, outputs: {o: {type: uri_file}}}
  b: {command: echo b, environment: azureml:e:1}
  c: {component: ./c.yml, type: command}
";

const COMPONENT: &str = "\
type: command
name: c
inputs: {rate: {type: number, default: 1}}
command: echo ${{inputs.rate}}
environment: azureml:e:1
";

/// Loads the steps above with one more: what a person reads, or nothing where all is well.
fn told(node: &str) -> String {
    let text = format!("{STEPS}  it:\n    {}\n", node.replace('\n', "\n    "));
    let files: MemoryFiles = [("job.yml", text.as_str()), ("c.yml", COMPONENT)]
        .into_iter()
        .collect();
    match load_document(&files, Path::new("job.yml"), &[], Some(Family::Job)) {
        Ok(loaded) => {
            let json = serde_json::to_string(&loaded.spec).expect("specs become JSON");
            let back: tidemill_spec::Spec = serde_json::from_str(&json).expect("and are read back");
            assert_eq!(back, loaded.spec);
            String::new()
        }
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn choices_and_loops_are_read() {
    for node in [
        "type: if_else\ncondition: ${{parent.jobs.probe.outputs.go}}\ntrue_block: ${{parent.jobs.a}}\nfalse_block: ['${{parent.jobs.b}}']",
        "type: if_else\ncondition: ${{ parent.inputs.flag }}\nfalse_block: ${{ parent.jobs.b }}",
        "type: if_else\ncondition: true\ntrue_block: ${{parent.jobs.a}}",
        "type: do_while\nbody: ${{parent.jobs.a}}\ncondition: o\nmapping: {o: n}\nlimits: {max_iteration_count: 3}",
        "type: do_while\nbody: ${{parent.jobs.a}}\ncondition: ${{parent.jobs.a.outputs.o}}\nmapping: {o: [n]}\nlimits: {max_iteration_count: 1000}",
        "type: parallel_for\nbody: ${{parent.jobs.c}}\nitems: [{rate: 1}, {rate: 2.5}]\nmax_concurrency: 2",
        "type: parallel_for\nbody: ${{parent.jobs.c}}\nitems: {slow: {rate: 1}, fast: {rate: 2}}",
        "type: parallel_for\nbody: ${{parent.jobs.c}}\nitems: '[{\"rate\": 1}]'",
        "type: parallel_for\nbody: ${{parent.jobs.c}}\nitems: ${{parent.inputs.flag}}",
    ] {
        assert_eq!(told(node), "", "{node}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_field_and_place() {
    let choice = |fields: &str| format!("type: if_else\ncondition: true\n{fields}");
    let repeat = |fields: &str| format!("type: do_while\nbody: ${{{{parent.jobs.a}}}}\n{fields}");
    let each = |fields: &str| format!("type: parallel_for\nbody: ${{{{parent.jobs.c}}}}\n{fields}");
    for (node, words) in [
        (
            choice("true_block: ${{parent.jobs.aa}}"),
            vec!["there is no step `aa`", "jobs.it.true_block", "job.yml:11"],
        ),
        (
            choice("true_block: ${{parent.jobs.a}}\nfalse_block: ${{parent.jobs.a}}"),
            vec![
                "the step `a` is steered by `it` already",
                "jobs.it.false_block",
                "job.yml:12",
            ],
        ),
        (
            choice("true_block: a"),
            vec!["expected the name of a step, found `a`"],
        ),
        (
            choice("true_block: ${{parent.jobs.it}}"),
            vec!["the step `it` steers itself"],
        ),
        (
            choice("comment: none"),
            vec!["neither `true_block` nor `false_block`"],
        ),
        (
            "type: if_else\ncondition: 7\ntrue_block: ${{parent.jobs.a}}".to_owned(),
            vec!["found `7`", "jobs.it.condition"],
        ),
        (
            "type: if_else\ncondition: ${{parent.jobs.probe.outputs.gone}}\ntrue_block: ${{parent.jobs.a}}"
                .to_owned(),
            vec!["gone", "jobs.it.condition", "job.yml:10"],
        ),
        (
            repeat("condition: o\nmapping: {o: m}\nlimits: {max_iteration_count: 3}"),
            vec!["the step `a` has no input `m`", "jobs.it.mapping.o", "job.yml:12"],
        ),
        (
            repeat("condition: p\nmapping: {}\nlimits: {max_iteration_count: 3}"),
            vec!["no output `p`", "jobs.it.condition"],
        ),
        (
            repeat("mapping: {o: n}\nlimits: {max_iteration_count: 1001}"),
            vec!["expected a number from 1 to 1000, found 1001", "job.yml:12"],
        ),
        (each("items: [{rate: soon}]"), vec!["soon"]),
        (
            each("items: [{rate: 1}, {rate: soon}]"),
            vec!["soon", "jobs.it.items[1].rate"],
        ),
        (
            each("items: [{rate: 1}, {}]"),
            vec!["has other inputs than the first one"],
        ),
        (each("items: 5"), vec!["a list or a map of inputs"]),
        (each("items: []"), vec!["there are no items"]),
        (
            each("items: '{'"),
            vec!["expected a list or a map of inputs", "job.yml:11"],
        ),
        (
            each("items: [{rate: 1}]\nmax_concurrency: 0"),
            vec!["expected at least 1"],
        ),
        (
            each("items: [{rate: 1}]\noutputs: {o: {type: mltable}}"),
            vec!["not supported yet", "jobs.it.outputs.o"],
        ),
    ] {
        let told = told(&node);
        for word in words {
            assert!(told.contains(word), "no `{word}` for\n{node}\nin\n{told}");
        }
    }
}
