//! Steps that steer others: choices and loops.

use crate::support::{ENVIRONMENT, Mill};

fn states(mill: &Mill, pipeline: &str) -> Vec<(String, String)> {
    let steps = mill.steps(pipeline).into_iter();
    steps.map(|(node, (status, _))| (node, status)).collect()
}

fn are(states: &[(String, String)], expected: &[(&str, &str)]) {
    let states: Vec<(&str, &str)> = states
        .iter()
        .map(|(node, status)| (node.as_str(), status.as_str()))
        .collect();
    assert_eq!(states, expected);
}

#[test]
fn a_condition_chooses_a_block_and_the_other_one_is_skipped_with_what_needs_it() {
    let mill = Mill::start();
    mill.write(
        "probe.yml",
        format!(
            "type: command\nname: probe\nversion: 1\n{ENVIRONMENT}\ninputs: {{word: {{type: string}}}}\n\
             outputs: {{go: {{type: boolean, is_control: true}}}}\ncommand: echo ${{{{inputs.word}}}} > ${{{{outputs.go}}}}\n"
        ),
    );
    let yaml = |word: &str| {
        format!(
            "type: pipeline\njobs:\n  \
             probe: {{type: command, component: ./probe.yml, inputs: {{word: \"{word}\"}}}}\n  \
             choose: {{type: if_else, condition: \"${{{{parent.jobs.probe.outputs.go}}}}\", \
             true_block: \"${{{{parent.jobs.big}}}}\", false_block: [\"${{{{parent.jobs.small}}}}\"]}}\n  \
             big: {{command: \"echo big > ${{{{outputs.o}}}}/f\", {ENVIRONMENT}, outputs: {{o: {{type: uri_folder}}}}}}\n  \
             small: {{command: \"echo small > ${{{{outputs.o}}}}/f\", {ENVIRONMENT}, outputs: {{o: {{type: uri_folder}}}}}}\n  \
             then: {{command: \"cat ${{{{inputs.i}}}}/f\", {ENVIRONMENT}, inputs: {{i: \"${{{{parent.jobs.small.outputs.o}}}}\"}}}}\n  \
             merge: {{command: \"cat $[[${{{{inputs.a}}}}/f]] $[[${{{{inputs.b}}}}/f]]\", {ENVIRONMENT}, \
             inputs: {{a: \"${{{{parent.jobs.big.outputs.o}}}}\", b: \"${{{{parent.jobs.small.outputs.o}}}}\"}}}}\n"
        )
    };
    let text = mill.stream("yes", &yaml("True")).ends(0).text();
    assert!(
        text.contains("[merge] big") && text.contains("2 skipped"),
        "{text}"
    );
    are(
        &states(&mill, "yes"),
        &[
            ("big", "Completed"),
            ("merge", "Completed"),
            ("probe", "Completed"),
            ("small", "Skipped"),
            ("then", "Skipped"),
        ],
    );
    let reason = mill.show("yes_small")["reason"].to_string();
    assert!(
        reason.contains("skipped: the output `go` of step `probe`, which `choose` asks for, is true"),
        "{reason}"
    );
    let reason = mill.show("yes_then")["reason"].to_string();
    assert!(
        reason.contains("its input `i` comes from step `small`, which was skipped"),
        "{reason}"
    );
    mill.stream("no", &yaml("false")).ends(0).says("[merge] small");
    are(
        &states(&mill, "no"),
        &[
            ("big", "Skipped"),
            ("merge", "Completed"),
            ("probe", "Completed"),
            ("small", "Completed"),
            ("then", "Completed"),
        ],
    );
    let text = mill.stream("unclear", &yaml("perhaps")).text();
    assert!(text.contains("holds neither true nor false"), "{text}");
}

#[test]
fn a_step_runs_once_for_each_item_and_no_more_at_once_than_allowed() {
    let mill = Mill::start();
    let work = format!(
        "{{command: \"echo from $(date +%s%N) by ${{{{inputs.who}}}}; sleep 0.5; echo to $(date +%s%N)\", {ENVIRONMENT}}}"
    );
    mill.stream(
        "each",
        &format!(
            "type: pipeline\ninputs: {{more: '[{{\"who\": \"from json\"}}]'}}\njobs:\n  work: {work}\n  named: {work}\n  given: {work}\n  \
             list: {{type: parallel_for, body: \"${{{{parent.jobs.work}}}}\", items: [{{who: ann}}, {{who: bob}}, {{who: cat}}], max_concurrency: 1}}\n  \
             map: {{type: parallel_for, body: \"${{{{parent.jobs.named}}}}\", items: {{x: {{who: xena}}, y: {{who: yann}}}}}}\n  \
             text: {{type: parallel_for, body: \"${{{{parent.jobs.given}}}}\", items: \"${{{{parent.inputs.more}}}}\"}}\n"
        ),
    )
    .ends(0)
    .says("by yann")
    .says("by from json");
    let names: Vec<String> = mill.steps("each").into_keys().collect();
    assert_eq!(
        names,
        ["given.0", "named.x", "named.y", "work.0", "work.1", "work.2"]
    );
    let mut spans: Vec<(u128, u128)> = (0..3)
        .map(|turn| {
            let log = mill.log(&format!("each_work.{turn}"));
            let number = |word: &str| {
                let at = log.find(word).expect("it was said") + word.len();
                log[at..]
                    .split_whitespace()
                    .next()
                    .and_then(|text| text.parse().ok())
                    .expect("a time")
            };
            (number("from "), number("to "))
        })
        .collect();
    spans.sort_unstable();
    assert!(
        spans.windows(2).all(|pair| pair[0].1 <= pair[1].0),
        "one at a time: {spans:?}"
    );
}

#[test]
fn a_step_is_repeated_with_what_it_gave_until_its_condition_is_false() {
    let mill = Mill::start();
    mill.write(
        "count.yml",
        format!(
            "type: command\nname: count\nversion: 1\n{ENVIRONMENT}\ninputs: {{n: {{type: integer, default: 0}}}}\n\
             outputs: {{next: {{type: integer, is_control: true}}, more: {{type: boolean, is_control: true}}}}\ncommand: >-\n  \
             echo $((${{{{inputs.n}}}} + 1)) > ${{{{outputs.next}}}}; if [ ${{{{inputs.n}}}} -lt 2 ]; then echo true; else echo false; \
             fi > ${{{{outputs.more}}}}\n"
        ),
    );
    mill.write(
        "show.yml",
        format!(
            "type: command\nname: show\nversion: 1\n{ENVIRONMENT}\ninputs: {{n: {{type: integer}}}}\n\
             command: echo counted to ${{{{inputs.n}}}}\n"
        ),
    );
    let yaml = |most: u32| {
        format!(
            "type: pipeline\njobs:\n  count: {{type: command, component: ./count.yml}}\n  \
             again: {{type: do_while, body: \"${{{{parent.jobs.count}}}}\", condition: more, mapping: {{next: n}}, \
             limits: {{max_iteration_count: {most}}}}}\n  \
             show: {{type: command, component: ./show.yml, inputs: {{n: \"${{{{parent.jobs.count.outputs.next}}}}\"}}}}\n"
        )
    };
    mill.stream("until", &yaml(5)).ends(0).says("counted to 3");
    are(
        &states(&mill, "until"),
        &[
            ("count.1", "Completed"),
            ("count.2", "Completed"),
            ("count.3", "Completed"),
            ("count.4", "Skipped"),
            ("count.5", "Skipped"),
            ("show", "Completed"),
        ],
    );
    mill.stream("limit", &yaml(2)).ends(0).says("counted to 2");
}
