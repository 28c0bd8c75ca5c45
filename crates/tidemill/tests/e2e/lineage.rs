//! Lineage both ways: data through a pipeline and a model to a deployment and a release in another stage, and back; and as events of
//! OpenLineage, also posted to a collector.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::support::*;

const SCORE: &str = "def init():\n    pass\n\ndef run(data):\n    return {\"delay\": 1}\n";

/// Data, a pipeline of two steps over them whose model is named, and a deployment of that model in DEV.
fn trained() -> Mill {
    let mill = Mill::start();
    mill.ok(&[
        "group",
        "create",
        "--name",
        "default",
        "--set",
        "stages=[DEV, PRD]",
    ]);
    for (name, stage) in [("dev", "DEV"), ("prd", "PRD")] {
        mill.ok(&[
            "workspace",
            "create",
            "--name",
            name,
            "--set",
            &format!("stage={stage}"),
        ]);
    }
    mill.write("lake/flights.csv", "carrier,delay\nUA,1\nAA,2\n");
    mill.write(
        "lake.yml",
        format!(
            "name: lake\ntype: local_folder\npath: {}\n",
            mill.path("lake").display()
        ),
    );
    mill.ok(&["datastore", "create", "-w", "dev", "-f", "lake.yml"]);
    mill.ok(&[
        "data",
        "create",
        "-w",
        "dev",
        "--name",
        "flights",
        "--type",
        "uri_file",
        "--path",
        "azureml://datastores/lake/paths/flights.csv",
    ]);
    mill.write(
        "train.yml",
        format!(
            "type: pipeline\nexperiment_name: delays\ninputs:\n  raw: {{type: uri_file, path: \"azureml:flights:1\"}}\njobs:\n  \
             prepare:\n    type: command\n    {ENVIRONMENT}\n    inputs: {{raw: \"${{{{parent.inputs.raw}}}}\"}}\n    \
             outputs: {{clean: {{type: uri_folder}}}}\n    command: cp ${{{{inputs.raw}}}} ${{{{outputs.clean}}}}/clean.csv\n  \
             fit:\n    type: command\n    {ENVIRONMENT}\n    inputs: {{clean: \"${{{{parent.jobs.prepare.outputs.clean}}}}\"}}\n    \
             outputs: {{model: {{type: custom_model, name: delay}}}}\n    \
             command: mkdir -p ${{{{outputs.model}}}} && wc -l ${{{{inputs.clean}}}}/clean.csv > ${{{{outputs.model}}}}/weights.txt\n"
        ),
    );
    mill.run(&[
        "job",
        "create",
        "-w",
        "dev",
        "-f",
        "train.yml",
        "--name",
        "training",
        "--stream",
    ])
    .ends(0);
    mill.write("src/score.py", SCORE);
    mill.write("endpoint.yml", "name: delay\nauth_mode: key\n");
    mill.ok(&["online-endpoint", "create", "-w", "dev", "-f", "endpoint.yml"]);
    mill.write(
        "blue.yml",
        format!(
            "name: blue\nendpoint_name: delay\nmodel: azureml:delay:1\n\
             code_configuration: {{code: ./src, scoring_script: score.py}}\n{ENVIRONMENT}\n\
             readiness_probe: {{initial_delay: 20, period: 1, failure_threshold: 5}}\n"
        ),
    );
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

/// The links of a graph, as `from > to`, with the jobs by their steps.
fn links(graph: &Value) -> Vec<String> {
    let shown = |id: &Value| {
        let node = graph["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .find(|node| node["id"] == *id)
            .expect("it is there");
        match node["kind"].as_str() {
            Some("job") => node["name"].as_str().expect("a name").to_owned(),
            _ => id.as_str().expect("text").to_owned(),
        }
    };
    let links = graph["links"].as_array().expect("links").iter();
    let mut all: Vec<String> = links
        .map(|link| format!("{} > {}", shown(&link["from"]), shown(&link["to"])))
        .collect();
    all.sort();
    all
}

#[test]
fn data_lead_down_to_the_endpoint_and_the_release_and_back() {
    let mill = trained();
    mill.write(
        "release.yml",
        "type: release\nname: delay\nendpoint: delay\ndeployment: blue\n",
    );
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "delay", "-w", "dev"]);
    let graph = mill.ok(&[
        "data",
        "lineage",
        "-w",
        "dev",
        "--name",
        "flights",
        "--version",
        "1",
    ]);
    let down = [
        "data/flights/1 > prepare",
        "endpoints/delay/deployments/blue > endpoints/delay",
        "fit > models/delay/1",
        "models/delay/1 > endpoints/delay/deployments/blue",
        "models/delay/1 > releases/delay/1",
        "prepare > fit",
        "releases/delay/1 > workspaces/prd/endpoints/delay/deployments/delay-1",
        "workspaces/prd/endpoints/delay/deployments/delay-1 > workspaces/prd/endpoints/delay",
    ];
    assert_eq!(links(&graph), down, "{graph:#}");
    let node = |id: &str| {
        graph["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .find(|node| node["id"] == id)
            .expect("there")
            .clone()
    };
    assert_eq!(
        node("endpoints/delay/deployments/blue")["facts"]["traffic_percent"],
        "100"
    );
    assert_eq!(node("releases/delay/1")["state"], "DEV Live, PRD Live");
    assert_eq!(graph["hidden"], 0);
    // From the model one sees the data above, and the same below.
    let whole = mill.ok(&[
        "model",
        "lineage",
        "-w",
        "dev",
        "--name",
        "delay",
        "--direction",
        "both",
    ]);
    assert_eq!(links(&whole), down, "{whole:#}");
    let up = mill.ok(&[
        "model",
        "lineage",
        "-w",
        "dev",
        "--name",
        "delay",
        "--direction",
        "up",
    ]);
    assert_eq!(
        links(&up),
        [
            "data/flights/1 > prepare",
            "fit > models/delay/1",
            "prepare > fit"
        ]
    );
    let up = mill.ok(&[
        "data",
        "lineage",
        "-w",
        "dev",
        "--name",
        "flights",
        "--direction",
        "up",
    ]);
    assert_eq!(links(&up), [""; 0]);
    // In the workspace of PRD nobody made anything of data of that name.
    mill.run(&["data", "lineage", "-w", "prd", "--name", "flights", "-v", "1"])
        .ends(1)
        .says("flights");
}

#[test]
fn runs_are_events_of_openlineage_and_a_collector_gets_them() {
    let mill = trained();
    mill.ok(&["data", "profile", "-w", "dev", "--data", "azureml:flights:1"]);
    let asked = [
        "data",
        "lineage",
        "-w",
        "dev",
        "--name",
        "flights",
        "-v",
        "1",
        "--format",
        "openlineage",
    ];
    let events = mill.ok(&asked);
    let events = events.as_array().expect("events");
    let told: Vec<(&str, &str)> = events
        .iter()
        .map(|event| {
            (
                event["eventType"].as_str().expect("a type"),
                event["job"]["name"].as_str().expect("a name"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("START", "delays.prepare"),
            ("COMPLETE", "delays.prepare"),
            ("START", "delays.fit"),
            ("COMPLETE", "delays.fit"),
        ]
    );
    for event in events {
        // What specification 2-0-2 requires of a RunEvent, a Run, a Job, a Dataset and a facet.
        assert_eq!(
            event["schemaURL"],
            "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
        );
        assert!(
            event["eventTime"]
                .as_str()
                .is_some_and(|time| time.ends_with('Z') && time.len() == 24),
            "{event}"
        );
        let id = event["run"]["runId"].as_str().expect("an id");
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!((parts, &id[14..15]), (vec![8, 4, 4, 4, 12], "8"));
        assert_eq!(event["job"]["namespace"], "tidemill://dev");
        assert_eq!(event["run"]["facets"]["parent"]["job"]["name"], "delays");
        let sets = event["inputs"]
            .as_array()
            .expect("inputs")
            .iter()
            .chain(event["outputs"].as_array().expect("outputs"));
        for set in sets {
            assert!(set["namespace"].is_string() && set["name"].is_string(), "{set}");
            for facet in set["facets"].as_object().expect("facets").values() {
                assert!(
                    facet["_producer"].is_string() && facet["_schemaURL"].is_string(),
                    "{facet}"
                );
            }
        }
    }
    assert_eq!(events[0]["run"]["runId"], events[1]["run"]["runId"]);
    assert_ne!(events[0]["run"]["runId"], events[2]["run"]["runId"]);
    // The data by the place of their bytes, with version, columns and the name here.
    let input = &events[0]["inputs"][0];
    assert_eq!(input["namespace"], "file");
    assert_eq!(input["name"], mill.path("lake/flights.csv").display().to_string());
    assert_eq!(input["facets"]["version"]["datasetVersion"], "1");
    assert_eq!(
        input["facets"]["symlinks"]["identifiers"][0]["name"],
        "data/flights"
    );
    let fields = &input["facets"]["schema"]["fields"];
    assert_eq!(
        (&fields[0]["name"], &fields[1]["name"], &fields[1]["type"]),
        (&"carrier".into(), &"delay".into(), &"Int64".into())
    );
    // What one wrote is what the other read.
    assert_eq!(events[1]["outputs"][0]["name"], events[2]["inputs"][0]["name"]);
    assert_eq!(events[0]["outputs"], serde_json::json!([]));

    let collector = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", collector.local_addr().expect("an address"));
    let count = events.len();
    let taken = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        // The last request is refused.
        for at in 0..=count {
            let (stream, _) = collector.accept().expect("a client");
            let mut reader = BufReader::new(stream);
            let (mut line, mut length, mut first) = (String::new(), 0, String::new());
            while reader.read_line(&mut line).expect("a line") > 2 {
                if first.is_empty() {
                    first.clone_from(&line);
                }
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().expect("a number");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let status = if at < count {
                "201 Created"
            } else {
                "500 Internal Server Error"
            };
            write!(
                reader.get_mut(),
                "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            .expect("an answer");
            bodies.push((first, body));
        }
        bodies
    });
    let post = [
        "data",
        "lineage",
        "-w",
        "dev",
        "--name",
        "flights",
        "-v",
        "1",
        "--namespace",
        "mill",
        "--post",
        &url,
    ];
    mill.run(&post).ends(0).says("Posted 4 events");
    mill.run(&post)
        .ends(1)
        .says("failed to post 4 events")
        .says("500");
    let taken = taken.join().expect("it ends");
    for (at, (first, body)) in taken.iter().enumerate().take(count) {
        assert!(first.starts_with("POST /api/v1/lineage "), "{first}");
        let event: Value = serde_json::from_slice(body).expect("JSON");
        assert_eq!(event["job"]["namespace"], "mill");
        assert_eq!(event["eventType"], events[at]["eventType"]);
    }
}

#[test]
fn what_one_may_not_see_is_counted_and_not_shown() {
    let mill = trained();
    let text = std::fs::read_to_string(mill.data.join("keys/owner.token")).expect("the owner's token");
    let owner = text.trim();
    let role = r#"{"actions": ["data/read", "jobs/read"], "assignableScopes": ["/"]}"#;
    assert_eq!(
        mill.http("PUT", "/api/v1/roles/Steward", Some(owner), role).0,
        200
    );
    mill.ok(&["user", "create", "--name", "ann"]);
    mill.ok(&[
        "role",
        "assign",
        "Steward",
        "user:ann",
        "--scope",
        "/workspaces/dev",
    ]);
    let (_, made) = mill.http("POST", "/api/v1/tokens?principal=user:ann", Some(owner), "{}");
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let token = made["token"].as_str();
    let path = "/api/v1/workspaces/dev/data/flights/versions/1/lineage";
    let (status, body) = mill.http("GET", path, token, "");
    assert_eq!(status, 200, "{body}");
    let graph: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(links(&graph), ["data/flights/1 > prepare", "prepare > fit"]);
    assert_eq!(graph["hidden"], 1, "{graph:#}");
    assert!(!body.contains("models/"), "{body}");
    // The events hide what the graph hides: the model has no name and no place there, and the parent of no seen job either.
    let (status, body) = mill.http("GET", &format!("{path}-events"), token, "");
    assert_eq!(status, 200, "{body}");
    assert!(
        !body.contains("models/") && !body.contains("outputs/model"),
        "{body}"
    );
    let events: Value = serde_json::from_str(&body).expect("JSON");
    let events = events.as_array().expect("events");
    let fit = |event: &&Value| event["job"]["name"] == "delays.fit" && event["eventType"] == "COMPLETE";
    let fit = events.iter().find(fit).expect("it is there");
    assert_eq!(fit["outputs"], serde_json::json!([]), "{fit:#}");
    assert_eq!(fit["inputs"].as_array().map(Vec::len), Some(1));
    // The owner sees it.
    let (_, all) = mill.http("GET", &format!("{path}-events"), Some(owner), "");
    assert!(all.contains("models/delay"), "{all}");

    // Who may see data and not the folder that they lie in is told neither their place nor their columns.
    mill.ok(&["data", "profile", "-w", "dev", "--data", "azureml:flights:1"]);
    let told = |token: Option<&str>| mill.http("GET", &format!("{path}-events"), token, "").1;
    let lake = mill.path("lake").display().to_string();
    assert!(told(token).contains(&lake) && told(token).contains("carrier"));
    mill.run(&[
        "datastore",
        "access",
        "grant",
        "-w",
        "dev",
        "--name",
        "lake",
        "--principal",
        "user:owner",
        "--path",
        "*",
        "--rights",
        "read-write",
    ])
    .ends(0);
    let hidden = told(token);
    assert!(!hidden.contains(&lake) && !hidden.contains("carrier"), "{hidden}");
    assert!(hidden.contains("data/flights"), "{hidden}");
    assert!(told(Some(owner)).contains(&lake) && told(Some(owner)).contains("carrier"));
}
