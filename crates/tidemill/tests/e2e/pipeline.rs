//! Pipelines: components, nesting, bindings, optional inputs, places of outputs, failures.

use crate::support::{ENVIRONMENT, Mill};

fn write_components(mill: &Mill) {
    mill.write(
        "parts/make/make.sh",
        "echo \"made by $1 with $2\" > $3/made.txt\n",
    );
    mill.write(
        "parts/make.yml",
        format!(
            "type: command\nname: make\nversion: 1\ncode: ./make\n{ENVIRONMENT}\n\
             inputs:\n  who: {{type: string, default: nobody}}\n  level: {{type: integer, optional: true}}\n\
             outputs:\n  out: {{type: uri_folder}}\n\
             command: >-\n  bash make.sh ${{{{inputs.who}}}} $[[level=${{{{inputs.level}}}}]]none ${{{{outputs.out}}}} 2>&1 ||\n  \
             bash make.sh ${{{{inputs.who}}}} none ${{{{outputs.out}}}}\n"
        ),
    );
    mill.write(
        "parts/show.yml",
        format!(
            "type: command\nname: show\nversion: 1\n{ENVIRONMENT}\ninputs:\n  data: {{type: uri_folder}}\n\
             command: cat ${{{{inputs.data}}}}/made.txt\n"
        ),
    );
    mill.write(
        "parts/both.yml",
        "type: pipeline\nname: both\nversion: 1\ninputs:\n  who: {type: string}\n  level: {type: integer, optional: true}\noutputs:\n  \
         result: {type: uri_folder}\njobs:\n  make:\n    type: command\n    component: ./make.yml\n    inputs:\n      \
         who: ${{parent.inputs.who}}\n      level: ${{parent.inputs.level}}\n    outputs:\n      out: ${{parent.outputs.result}}\n  show:\n    \
         type: command\n    component: file:./show.yml\n    inputs:\n      data: ${{parent.jobs.make.outputs.out}}\n",
    );
}

#[test]
fn components_nest_and_hand_on_literals_data_and_what_is_optional() {
    let mill = Mill::start();
    write_components(&mill);
    let text = mill
        .stream(
            "line",
            "type: pipeline\nsettings: {default_compute: serverless}\ninputs:\n  who: tide\noutputs:\n  final: {type: uri_folder}\njobs:\n  \
             deep:\n    type: pipeline\n    component: ./parts/both.yml\n    inputs: {who: \"${{parent.inputs.who}}\", level: 3}\n  \
             deaf:\n    type: pipeline\n    component: ./parts/both.yml\n    inputs: {who: rock}\n    outputs:\n      \
             result: ${{parent.outputs.final}}\n  show:\n    type: command\n    component: ./parts/show.yml\n    \
             inputs:\n      data: ${{parent.jobs.deep.outputs.result}}\n",
        )
        .ends(0)
        .text();
    assert!(text.contains("made by tide with level=3none"), "{text}");
    assert!(
        text.contains("made by rock with none"),
        "an optional input that is not given leaves its block out: {text}"
    );
    assert!(
        text.contains("[show] made by tide"),
        "the data went through the nested pipeline: {text}"
    );
    mill.run(&[
        "job",
        "download",
        "-n",
        "line",
        "--output-name",
        "final",
        "-p",
        "got",
    ])
    .ends(0);
    let got = crate::support::files(&mill.path("got"));
    assert_eq!(
        std::fs::read_to_string(&got[0]).expect("a file"),
        "made by rock with none\n"
    );
    let steps = mill.steps("line");
    assert_eq!(
        steps.keys().map(String::as_str).collect::<Vec<_>>(),
        ["deaf", "deep", "show"]
    );
    assert_eq!(
        mill.steps("line_deep").len(),
        2,
        "children are listed under their parent"
    );
}

#[test]
fn registered_components_run_by_name_and_label() {
    let mill = Mill::start();
    write_components(&mill);
    mill.ok(&["component", "create", "-f", "parts/make.yml"]);
    mill.ok(&["component", "create", "-f", "parts/both.yml"]);
    mill.stream(
        "line",
        "type: pipeline\njobs:\n  one: {type: command, component: \"azureml:make:1\", inputs: {who: a}}\n  \
         two: {type: pipeline, component: \"azureml:both@latest\", inputs: {who: b}}\n",
    )
    .ends(0)
    .says("made by b with none");
}

#[test]
fn an_output_goes_where_its_path_says_also_when_the_work_is_reused() {
    let mill = Mill::start();
    let yaml = format!(
        "type: pipeline\njobs:\n  write:\n    command: echo there > ${{{{outputs.o}}}}/a.txt\n    {ENVIRONMENT}\n    outputs:\n      \
         o: {{type: uri_folder, path: \"azureml://datastores/${{{{default_datastore}}}}/paths/${{{{name}}}}/${{{{output_name}}}}\"}}\n"
    );
    for (name, reused) in [("first", false), ("second", true)] {
        mill.stream(name, &yaml).ends(0);
        assert_eq!(mill.steps(name)["write"], ("Completed".into(), reused));
        let file = mill.data.join(format!(
            "objects/workspaces/default/blobstore/{name}_write/o/a.txt"
        ));
        assert_eq!(
            std::fs::read_to_string(&file).expect("it is at its place"),
            "there\n"
        );
        let outputs = &mill.show(&format!("{name}_write"))["outputs"];
        assert_eq!(
            outputs["o"]["uri"],
            format!("azureml://datastores/workspaceblobstore/paths/{name}_write/o"),
            "{outputs}"
        );
    }
}

#[test]
fn a_failed_step_stops_what_depends_on_it_and_others_go_on_if_asked_to() {
    let mill = Mill::start();
    let yaml = |continues: bool| {
        format!(
            "type: pipeline\nsettings: {{continue_on_step_failure: {continues}}}\njobs:\n  \
             breaks: {{command: exit 3, {ENVIRONMENT}, outputs: {{o: {{type: uri_folder}}}}}}\n  \
             after: {{command: \"echo ${{{{inputs.i}}}}\", {ENVIRONMENT}, inputs: {{i: \"${{{{parent.jobs.breaks.outputs.o}}}}\"}}}}\n  \
             slow: {{command: \"sleep 2; echo a > ${{{{outputs.o}}}}/a\", {ENVIRONMENT}, outputs: {{o: {{type: uri_folder}}}}}}\n  \
             apart: {{command: \"ls ${{{{inputs.i}}}}\", {ENVIRONMENT}, inputs: {{i: \"${{{{parent.jobs.slow.outputs.o}}}}\"}}}}\n"
        )
    };
    let status = |pipeline: &str, step: &str| mill.steps(pipeline)[step].0.clone();
    mill.stream("stops", &yaml(false)).ends(1).says("exit code 3");
    assert_ne!(status("stops", "after"), "Completed");
    assert_ne!(status("stops", "apart"), "Completed");
    mill.stream("goes", &yaml(true).replace("sleep 2", "sleep 1"))
        .ends(1);
    assert_ne!(status("goes", "after"), "Completed");
    assert_eq!(status("goes", "apart"), "Completed");
    assert_eq!(mill.show("goes")["status"], "Failed");
}

#[test]
fn a_step_whose_name_another_job_has_gets_another_one() {
    let mill = Mill::start();
    mill.stream("line_b", &format!("command: echo mine\n{ENVIRONMENT}\n"))
        .ends(0);
    let yaml = format!(
        "type: pipeline\njobs:\n  a:\n    command: echo a > ${{{{outputs.o}}}}/t\n    {ENVIRONMENT}\n    \
         outputs: {{o: {{type: uri_folder}}}}\n  b:\n    command: cat ${{{{inputs.i}}}}/t\n    {ENVIRONMENT}\n    \
         inputs: {{i: \"${{{{parent.jobs.a.outputs.o}}}}\"}}\n"
    );
    mill.stream("line", &yaml).ends(0);
    assert_eq!(mill.show("line_b")["parent"], serde_json::Value::Null);
    let steps = mill.ok(&["job", "list", "--parent-job-name", "line"]);
    let names: Vec<&str> = steps
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect();
    assert!(
        names.contains(&"line_a") && names.iter().any(|name| name.starts_with("line_b_")),
        "{names:?}"
    );
}

#[test]
fn a_check_of_data_stands_before_whatever_reads_it() {
    let mill = Mill::start();
    mill.write("good/t.csv", "id,delay\n1,5\n2,7\n");
    mill.write("bad/t.csv", "id,delay\n1,5\n1,7\n");
    mill.write(
        "expectations.yml",
        "columns:\n  id: {unique: true}\nrules:\n  no more rows than before: {sql: 'select count(*) from data', max: 2}\n",
    );
    let yaml = |data: &str| {
        format!(
            "type: pipeline\nsettings: {{default_compute: serverless}}\ninputs:\n  data: {{type: uri_folder, path: ./{data}}}\njobs:\n  \
             check:\n    type: validate\n    inputs:\n      data: ${{{{parent.inputs.data}}}}\n      baseline: {{type: uri_folder, path: \
             ./good}}\n      expectations: {{type: uri_file, path: ./expectations.yml}}\n    outputs:\n      report: {{type: uri_folder}}\n  \
             train:\n    type: command\n    command: cat ${{{{inputs.data}}}}/t.csv\n    {ENVIRONMENT}\n    inputs:\n      data: \
             ${{{{parent.inputs.data}}}}\n"
        )
    };
    let text = mill.stream("fine", &yaml("good")).ends(0).text();
    assert!(text.contains("passed, 0 errors"), "{text}");
    mill.run(&[
        "job",
        "download",
        "-n",
        "fine_check",
        "--output-name",
        "report",
        "-p",
        "got",
    ])
    .ends(0);
    let names: Vec<String> = crate::support::files(&mill.path("got"))
        .iter()
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    for name in ["profile.json", "report.html", "validation.json"] {
        assert!(names.iter().any(|found| found == name), "{names:?}");
    }
    mill.stream("again", &yaml("good")).ends(0);
    assert!(
        mill.steps("again")["check"].1,
        "the same check of the same bytes is not done again"
    );
    let text = mill.stream("broken", &yaml("bad")).ends(1).text();
    assert!(text.contains("no value comes twice"), "{text}");
    // The pipeline's own reason names the rules and the report, and no exit code.
    let why = mill.show("broken").to_string();
    for word in [
        "1 of 2 expectations not met: `id`: no value comes twice",
        "outputs/validation/report.html",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let steps = mill.steps("broken");
    assert_eq!(steps["check"].0, "Failed");
    assert_ne!(
        steps["train"].0, "Completed",
        "nothing is spent on data that failed: {steps:?}"
    );
    let log = mill.log("broken_check");
    assert!(log.contains("failed, 1 error"), "{log}");
}

#[test]
fn a_step_makes_tables_of_tables_without_code() {
    let mill = Mill::start();
    let text: String = (0..100)
        .map(|row| format!("{row},{}\n", ["UA", "AA"][row % 2]))
        .collect();
    mill.write("data/t.csv", format!("id,carrier\n{text}"));
    let yaml = format!(
        "type: pipeline\nsettings: {{default_compute: serverless}}\ninputs:\n  data: {{type: uri_folder, path: ./data}}\njobs:\n  \
         features:\n    type: transform\n    inputs: {{t: \"${{{{parent.inputs.data}}}}\"}}\n    sql: select id, carrier from t where \
         id < 50\n    steps: [{{one_hot: {{columns: [carrier]}}}}, {{scale: {{columns: [id]}}}}]\n    split: {{by: id, test: 0.2}}\n    \
         outputs: {{data: {{type: uri_folder}}}}\n  look:\n    type: command\n    command: ls ${{{{inputs.data}}}}; cat \
         ${{{{inputs.data}}}}/parameters.json\n    {ENVIRONMENT}\n    inputs: {{data: \
         \"${{{{parent.jobs.features.outputs.data}}}}\"}}\n"
    );
    let text = mill.stream("made", &yaml).ends(0).text();
    for word in ["train.parquet", "test.parquet", "one_hot", "19.5"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    mill.stream("again", &yaml).ends(0);
    assert!(
        mill.steps("again")["features"].1,
        "the same work is not done again"
    );
    let slip = yaml.replace("one_hot", "one_cold");
    mill.stream("slip", &slip).ends(1).says("one_cold");
}

#[test]
fn variables_name_inputs_and_an_output_is_of_the_type_that_its_pipeline_says() {
    let mill = Mill::start();
    let text = mill
        .stream(
            "named",
            &format!(
                "type: pipeline\ninputs: {{base: 5, label: \"a b\"}}\noutputs:\n  final: {{type: uri_file}}\njobs:\n  one:\n    \
                 command: echo \"$LBL, $OWN, $ODD\" > ${{{{outputs.f}}}}; cat ${{{{outputs.f}}}}\n    {ENVIRONMENT}\n    \
                 inputs: {{n: \"${{{{parent.inputs.base}}}}\"}}\n    outputs: {{f: \"${{{{parent.outputs.final}}}}\"}}\n    \
                 environment_variables: {{LBL: \"${{{{parent.inputs.label}}}}\", OWN: \"n=${{{{inputs.n}}}}\", ODD: \"${{{{ matrix.os }}}}\"}}\n"
            ),
        )
        .ends(0)
        .text();
    assert!(text.contains("a b, n=5, ${{ matrix.os }}"), "{text}");
    let outputs = &mill.show("named_one")["outputs"];
    assert_eq!(outputs["f"]["type"], "uri_file", "{outputs}");
    mill.stream(
        "single",
        &format!(
            "command: echo \"$X\"; test -d \"$OUT\"\n{ENVIRONMENT}\ninputs: {{x: 7}}\noutputs: {{o: {{type: uri_folder}}}}\n\
             environment_variables: {{X: \"<${{{{inputs.x}}}}>\", OUT: \"${{{{outputs.o}}}}\"}}\n"
        ),
    )
    .ends(0)
    .says("<7>");
    mill.stream(
        "typo",
        &format!("command: env\n{ENVIRONMENT}\ninputs: {{x: 7}}\nenvironment_variables: {{X: \"${{{{inputs.y}}}}\"}}\n"),
    )
    .ends(2)
    .says("environment_variables.X");
}
