//! Promotions of releases under bad weather: a server that is killed at any instant of one, and two at once.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::support::*;

const SCORE: &str = "import os\n\ndef init():\n    global model\n    with open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model/weights.txt')) as file:\n        model = file.read().strip()\n\ndef run(data):\n    return {'model': model}\n";

const OVER: &[&str] = &["Live", "Failed", "RolledBack", "Rejected"];

fn stages() -> Mill {
    let mill = Mill::start();
    for (name, stage) in [("dev", "DEV"), ("tst", "TEST")] {
        mill.ok(&[
            "workspace",
            "create",
            "--name",
            name,
            "--set",
            &format!("stage={stage}"),
        ]);
    }
    mill.ok(&[
        "group",
        "create",
        "--name",
        "default",
        "--set",
        "stages=[DEV, TEST]",
    ]);
    mill.write("endpoint.yml", "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: flights\nauth_mode: key\n");
    mill.write("src/score.py", SCORE);
    mill.write("request.json", "{}");
    mill.write("blue/model/weights.txt", "fine");
    mill.write(
        "blue.yml",
        format!(
            "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: blue\nendpoint_name: flights\n\
             model: {{path: ./blue/model/}}\ncode_configuration: {{code: ./src, scoring_script: score.py}}\n{ENVIRONMENT}\n\
             readiness_probe: {{initial_delay: 20, period: 1, failure_threshold: 5}}\n"
        ),
    );
    mill.write(
        "release.yml",
        "type: release\nname: flights\nendpoint: flights\ndeployment: blue\nrollout: {steps: [50], pause_seconds: 1}\n\
         tests:\n  - {name: it answers, request_file: request.json, expect: {json: {model: fine}}}\n",
    );
    mill.ok(&["online-endpoint", "create", "-w", "dev", "-f", "endpoint.yml"]);
    mill.ok(&[
        "online-deployment",
        "create",
        "-w",
        "dev",
        "-f",
        "blue.yml",
        "--all-traffic",
    ]);
    mill
}

fn state(mill: &Mill, release: &str) -> String {
    let shown = mill.ok(&["release", "show", release, "-w", "dev"]);
    let stages = shown["stages"].as_array().expect("stages");
    let there = stages
        .iter()
        .find(|one| one["stage"] == "TEST")
        .expect("the stage");
    there["state"].as_str().unwrap_or_default().to_owned()
}

fn promote(mill: &Mill, number: usize) -> std::io::Result<(u16, String)> {
    let body = json!({ "number": number, "stage": "TEST" }).to_string();
    mill.try_http(
        "POST",
        "/api/v1/workspaces/dev/releases/flights:promote",
        None,
        &body,
    )
}

/// The deployment that gets all requests of the stage.
fn answering(mill: &Mill) -> String {
    let shown = mill.ok(&["online-endpoint", "show", "-w", "tst", "-n", "flights"]);
    let traffic: Vec<(String, Value)> = shown["traffic"]
        .as_object()
        .expect("traffic")
        .clone()
        .into_iter()
        .collect();
    let [(name, share)] = traffic.as_slice() else {
        panic!("half a promotion: {traffic:?}")
    };
    assert_eq!(share, 100, "{traffic:?}");
    name.clone()
}

#[test]
fn a_server_that_is_killed_at_any_instant_of_a_promotion_leaves_nothing_half_done() {
    const KILLS: usize = 20;
    let mut mill = stages();
    let mut random = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .subsec_nanos() as u64
        | 1;
    println!("seed {random}");
    // How long an undisturbed one takes.
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    let began = Instant::now();
    mill.ok(&["release", "promote", "flights:1", "-w", "dev"]);
    let usual = began.elapsed().as_millis() as u64;
    let mut seen = std::collections::BTreeMap::new();
    for number in 2..2 + KILLS {
        mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
        let release = format!("flights:{number}");
        assert_eq!(promote(&mill, number).expect("it answers").0, 200);
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis((random >> 33) % usual.max(1)));
        let at = state(&mill, &release);
        mill.kill_server();
        mill.start_server();
        let end = mill.until(&format!("{release} has come to an end"), || {
            let state = state(&mill, &release);
            OVER.contains(&state.as_str()).then_some(state)
        });
        *seen.entry(format!("{at} -> {end}")).or_insert(0) += 1;
        // One answers, all of it, and it is the release that the history says.
        let name = answering(&mill);
        let there = name.replace("flights-", "flights:");
        assert_eq!(state(&mill, &there), "Live", "{name} answers");
        assert_eq!(
            end == "Live",
            there == release,
            "{release} is {end}, and {name} answers"
        );
        let done = mill
            .run(&[
                "online-endpoint",
                "invoke",
                "-w",
                "tst",
                "-n",
                "flights",
                "-r",
                "request.json",
            ])
            .ends(0);
        assert_eq!(done.json()["model"], "fine");
        let live = (1..=number)
            .filter(|number| state(&mill, &format!("flights:{number}")) == "Live")
            .count();
        assert_eq!(live, 1, "after {release}");
    }
    println!("killed while it was -> how it ended: {seen:?}; an undisturbed promotion takes {usual} ms");
}

#[test]
fn of_two_promotions_at_once_one_goes_on_and_the_other_is_told() {
    let mill = stages();
    for _ in 0..2 {
        mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    }
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|n| {
                let mill = &mill;
                scope.spawn(move || promote(mill, 1 + n % 2).expect("it answers").0)
            })
            .collect();
        asked
            .into_iter()
            .map(|one| one.join().expect("it ends"))
            .collect()
    });
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        1,
        "{answers:?}"
    );
    assert!(
        answers.iter().all(|status| [200, 409].contains(status)),
        "{answers:?}"
    );
    mill.until("one of them answers", || {
        let live = (1..=2)
            .filter(|number| state(&mill, &format!("flights:{number}")) == "Live")
            .count();
        (live == 1).then_some(())
    });
    let other = (1..=2)
        .filter(|number| state(&mill, &format!("flights:{number}")) == "NotStarted")
        .count();
    assert_eq!(other, 1);
    assert_eq!(
        state(&mill, &answering(&mill).replace("flights-", "flights:")),
        "Live"
    );
}
