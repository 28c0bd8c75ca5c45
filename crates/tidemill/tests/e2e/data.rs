//! Data versions by copy and by reference, models from jobs, and assets that are put away.

use crate::support::{ENVIRONMENT, Mill, files};

#[test]
fn uploaded_data_are_a_version_that_later_changes_do_not_touch() {
    let mill = Mill::start();
    mill.write("set/a.csv", "x\n1\n");
    let one = mill.ok(&[
        "data",
        "create",
        "--name",
        "set",
        "--type",
        "uri_folder",
        "--path",
        "set",
    ]);
    assert_eq!((&one["version"], &one["files"]), (&"1".into(), &1.into()));
    mill.write("set/a.csv", "x\n2\n");
    let two = mill.ok(&[
        "data",
        "create",
        "--name",
        "set",
        "--type",
        "uri_folder",
        "--path",
        "set",
    ]);
    assert_eq!(two["version"], "2");
    assert_ne!(one["digest"], two["digest"]);
    let read = |name: &str, of: &str| {
        let yaml = format!(
            "command: cat ${{{{inputs.d}}}}/a.csv\n{ENVIRONMENT}\ninputs: {{d: {{type: uri_folder, path: \"azureml:set{of}\"}}}}\n"
        );
        mill.stream(name, &yaml).ends(0).text()
    };
    assert!(read("old", ":1").contains("\n1\n"));
    assert!(read("new", "@latest").contains("\n2\n"));
    mill.run(&["data", "show", "-n", "set", "-v", "3"])
        .ends(1)
        .says("1")
        .says("2");
}

#[test]
fn a_folder_that_changed_a_little_costs_a_little_as_its_next_version() {
    let mill = Mill::start();
    // Bytes that nothing makes smaller, 6 MB of them.
    let mut noise = 1u32;
    let mut bytes = |count: usize| -> Vec<u8> {
        let next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    };
    for at in 0..120 {
        mill.write(&format!("set/{at:03}.bin"), bytes(50_000));
    }
    let kept = || -> u64 {
        let packs = files(&mill.data).into_iter().filter(|file| {
            let folder = file.parent().and_then(std::path::Path::file_name);
            folder.is_some_and(|folder| folder == "packs")
        });
        packs.map(|pack| pack.metadata().expect("a file").len()).sum()
    };
    let create = || {
        let args = [
            "data",
            "create",
            "--name",
            "set",
            "--type",
            "uri_folder",
            "--path",
            "set",
        ];
        mill.ok(&args)["digest"].clone()
    };
    let first = create();
    let whole = kept();
    assert!(whole >= 6_000_000, "{whole}");
    mill.write("set/000.bin", bytes(50_000));
    let second = create();
    assert_ne!(first, second);
    let more = kept() - whole;
    assert!(
        (50_000..100_000).contains(&more),
        "{more} bytes for one changed file"
    );
    assert_eq!(create(), second, "nothing changed");
    assert_eq!(kept(), whole + more);
    // What is remembered may be damaged, or gone: all of it is read and sent then.
    let remembered = files(&mill.path("../home/cache/uploads"));
    assert_eq!(remembered.len(), 1, "{remembered:?}");
    std::fs::write(&remembered[0], "no tree").expect("written");
    mill.write("set/001.bin", bytes(50_000));
    let third = create();
    assert_ne!(third, second);
    let yaml = format!(
        "command: cat ${{{{inputs.d}}}}/*.bin | wc -c\n{ENVIRONMENT}\ninputs: {{d: {{type: uri_folder, path: \"azureml:set@latest\"}}}}\n"
    );
    mill.stream("count", &yaml).ends(0).says("6000000");
}

#[test]
fn a_changed_source_of_referenced_data_is_an_error_that_names_the_file() {
    let mill = Mill::start();
    mill.write("lake/a/one.txt", "one");
    mill.write("lake/a/two.txt", "two");
    let store = format!(
        "name: lake\ntype: local_folder\npath: {}\n",
        mill.path("lake").display()
    );
    mill.write("store.yml", store);
    mill.ok(&["datastore", "create", "-f", "store.yml"]);
    mill.write(
        "data.yml",
        "name: ref\ntype: uri_folder\npath: azureml://datastores/lake/paths/a/\n",
    );
    let version = mill.ok(&["data", "create", "-f", "data.yml"]);
    assert_eq!(version["files"], 2, "{version}");
    let yaml = format!(
        "command: cat ${{{{inputs.d}}}}/two.txt\n{ENVIRONMENT}\ninputs: {{d: {{type: uri_folder, path: \"azureml:ref:1\"}}}}\n"
    );
    mill.stream("before", &yaml).ends(0).says("two");
    mill.write("lake/a/two.txt", "TWO");
    let done = mill.stream("after", &yaml).ends(1).says("two.txt");
    assert!(!done.text().contains("\nTWO"), "{}", done.text());
    mill.stream("taken", &yaml.replace("ref:1", "none:1"))
        .ends(1)
        .says("none");
}

#[test]
fn two_versions_with_the_same_number_are_refused_unless_they_are_the_same() {
    let mill = Mill::start();
    mill.write("set/a.csv", "1");
    let create = || {
        mill.run(&[
            "data",
            "create",
            "-n",
            "set",
            "-v",
            "5",
            "--type",
            "uri_folder",
            "--path",
            "set",
        ])
    };
    create().ends(0);
    create().ends(0);
    mill.write("set/a.csv", "2");
    create().ends(1).says("version").says("5");
    assert_eq!(
        mill.ok(&["data", "show", "-n", "set", "-v", "5"])["size_bytes"],
        1
    );
    let component = |text: &str| {
        mill.write(
            "c.yml",
            format!("type: command\nname: c\nversion: 1\ncommand: {text}\n{ENVIRONMENT}\n"),
        );
        mill.run(&["component", "create", "-f", "c.yml"])
    };
    component("echo a").ends(0);
    component("echo b").ends(1).says("version");
    let model = || mill.run(&["model", "create", "-n", "m", "-v", "2", "--path", "set/a.csv"]);
    model().ends(0);
    mill.write("set/a.csv", "3");
    model().ends(1).says("version");
}

#[test]
fn an_output_with_a_name_becomes_a_version_and_knows_its_job() {
    let mill = Mill::start();
    let yaml = format!(
        "command: mkdir -p ${{{{outputs.m}}}} && echo w > ${{{{outputs.m}}}}/weights && echo d > ${{{{outputs.d}}}}/d.csv\n{ENVIRONMENT}\n\
         outputs:\n  m: {{type: custom_model, name: delay}}\n  d: {{type: uri_folder, name: made, version: \"7\"}}\n"
    );
    mill.stream("trains", &yaml).ends(0);
    let model = mill.ok(&["model", "show", "-n", "delay", "-v", "1"]);
    assert_eq!(model["type"], "custom_model", "{model}");
    assert!(model.to_string().contains("trains"), "{model}");
    assert_eq!(mill.ok(&["data", "show", "-n", "made", "-v", "7"])["files"], 1);
    let yaml = format!(
        "command: cat ${{{{inputs.m}}}}/weights\n{ENVIRONMENT}\ninputs: {{m: {{type: custom_model, path: \"azureml:delay@latest\"}}}}\n"
    );
    mill.stream("serves", &yaml).ends(0).says("w");
    mill.run(&[
        "model",
        "create",
        "-n",
        "again",
        "--path",
        "azureml://jobs/trains/outputs/m",
        "--type",
        "custom_model",
    ])
    .ends(0);
}

#[test]
fn what_is_archived_is_hidden_until_it_is_restored() {
    let mill = Mill::start();
    mill.write("a.txt", "a");
    mill.ok(&[
        "data", "create", "-n", "old", "--type", "uri_file", "--path", "a.txt",
    ]);
    mill.ok(&[
        "data", "create", "-n", "kept", "--type", "uri_file", "--path", "a.txt",
    ]);
    let names = |args: &[&str]| {
        let rows = mill.ok(args);
        let rows = rows
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| row["name"].as_str().expect("a name").to_owned());
        rows.collect::<Vec<_>>()
    };
    mill.run(&["data", "archive", "-n", "old"]).ends(0);
    assert_eq!(names(&["data", "list"]), ["kept"]);
    assert_eq!(names(&["data", "list", "--archived-only"]), ["old"]);
    mill.run(&["data", "restore", "-n", "old"]).ends(0);
    assert_eq!(names(&["data", "list"]).len(), 2);
    mill.stream("j", &format!("command: \"true\"\n{ENVIRONMENT}\n"))
        .ends(0);
    mill.run(&["job", "archive", "-n", "j"]).ends(0);
    assert!(names(&["job", "list"]).is_empty());
}

#[test]
fn a_url_that_the_workspace_maps_is_read_from_a_folder() {
    let mill = Mill::start();
    mill.write("mirror/sub/a.csv", "mirrored");
    let mirror = mill.path("mirror");
    mill.write(
        "ws.yml",
        format!(
            "name: default\nuri_mirrors:\n  https://data.example.org/public/: {}\n",
            mirror.display()
        ),
    );
    mill.ok(&["workspace", "create", "-f", "ws.yml"]);
    let yaml = |url: &str| {
        format!(
            "command: cat ${{{{inputs.d}}}}\n{ENVIRONMENT}\ninputs: {{d: {{type: uri_file, path: \"{url}\"}}}}\n"
        )
    };
    mill.stream("mapped", &yaml("https://data.example.org/public/sub/a.csv"))
        .ends(0)
        .says("mirrored");
    mill.stream("climbs", &yaml("https://data.example.org/public/../ws.yml"))
        .ends(1);
    mill.stream("absent", &yaml("https://data.example.org/public/b.csv"))
        .ends(1)
        .says("b.csv");
}

#[test]
fn a_model_that_a_run_logged_is_found_among_the_artifacts_of_its_job() {
    let mill = Mill::start();
    mill.stream(
        "maker",
        &format!("command: echo kept > outputs/kept.txt\n{ENVIRONMENT}\n"),
    )
    .ends(0);
    let request = |method: &str, path: &str, body: &str| {
        let (status, answer) = mill.http(method, path, None, body);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let of = r#"{"experiment_id": "0", "name": "classifier", "source_run_id": "maker"}"#;
    let answer = request("POST", "/api/2.0/mlflow/logged-models", of);
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("json");
    let id = answer["model"]["info"]["model_id"].as_str().expect("an id");
    let file = format!("/api/2.0/mlflow-artifacts/artifacts/0/models/{id}/artifacts/MLmodel");
    request("PUT", &file, "flavors: {}\n");

    let folder = mill.path("down");
    let to = folder.display().to_string();
    mill.run(&["job", "download", "-n", "maker", "-p", &to]).ends(0);
    for (name, text) in [
        ("classifier/MLmodel", "flavors: {}\n"),
        ("outputs/kept.txt", "kept\n"),
    ] {
        let there = std::fs::read_to_string(folder.join("artifacts").join(name));
        assert_eq!(there.expect(name), text);
    }
    for (name, path) in [
        (
            "folder",
            "azureml://jobs/maker/outputs/artifacts/paths/classifier/",
        ),
        ("same", "runs:/maker/classifier"),
    ] {
        let made = [
            "model",
            "create",
            "-n",
            name,
            "--type",
            "mlflow_model",
            "--path",
            path,
        ];
        assert_eq!(mill.ok(&made)["version"], "1", "{path}");
    }
    let path = "azureml://jobs/maker/outputs/artifacts/paths/classifier/MLmodel";
    let yaml = format!(
        "command: cat ${{{{inputs.m}}}}\n{ENVIRONMENT}\ninputs: {{m: {{type: uri_file, path: '{path}'}}}}\n"
    );
    mill.stream("reader", &yaml).ends(0).says("flavors: {}");
}

/// 400 flights: delays from `least` on, by two carriers.
fn flights(mill: &Mill, least: u32, carriers: [&str; 2]) {
    let rows: String = (0..400)
        .map(|row| {
            let delay = (row * 7919) % 61 + least;
            format!("{},{delay},{}\n", 1000 + row, carriers[row as usize % 2])
        })
        .collect();
    mill.write("months/t.csv", format!("id,delay,carrier\n{rows}"));
    mill.ok(&[
        "data",
        "create",
        "-n",
        "flights",
        "--type",
        "uri_folder",
        "--path",
        "months",
    ]);
}

#[test]
fn what_a_step_finds_goes_into_the_history_of_its_data_and_drift_that_stays_alarms() {
    let mill = Mill::start();
    mill.write(
        "expectations.yml",
        "columns:\n  carrier: {values: {only: [UA, AA]}}\ndrift: {max_columns: 5, but: [id], level: warning}\n",
    );
    flights(&mill, 0, ["UA", "AA"]);
    mill.ok(&["data", "baseline", "set", "-n", "flights", "-v", "1"]);
    let line = |version: u32| {
        format!(
            "type: pipeline\nsettings: {{default_compute: serverless}}\njobs:\n  check:\n    type: validate\n    inputs:\n      \
             data: {{type: uri_folder, path: \"azureml:flights:{version}\"}}\n      baseline: {{type: uri_folder, path: \
             \"azureml:flights@baseline\"}}\n      expectations: {{type: uri_file, path: ./expectations.yml}}\n"
        )
    };
    flights(&mill, 30, ["UA", "AA"]);
    mill.stream("second", &line(2)).ends(0);
    let verdicts = || mill.ok(&["data", "history", "flights", "--verdicts"]);
    let found = verdicts();
    assert_eq!(found[0]["drifted"], serde_json::json!(["delay"]), "{found}");
    assert_eq!(
        (&found[0]["passed"], &found[0]["job"], &found[0]["version"]),
        (&true.into(), &"second_check".into(), &"2".into())
    );
    assert_eq!(found[0]["baseline"], "azureml:flights:1");
    assert_eq!(
        mill.ok(&["data", "history", "flights", "--alarms"]),
        serde_json::json!([]),
        "once is no alarm"
    );
    // A step that fails tells what it found too.
    flights(&mill, 40, ["UA", "XX"]);
    mill.stream("third", &line(3)).ends(1);
    let found = verdicts();
    assert_eq!(
        (&found[0]["passed"], &found[0]["job"], &found[0]["errors"]),
        (&false.into(), &"third_check".into(), &1.into()),
        "{found}"
    );
    let alarms = mill.ok(&["data", "history", "flights", "--alarms", "--column", "delay"]);
    assert_eq!(
        (&alarms[0]["version"], &alarms[0]["windows"], &alarms[0]["since"]),
        (&"3".into(), &2.into(), &"2".into()),
        "{alarms}"
    );
    // The one who asks by hand is in the same history; the same version again is no further window.
    mill.run(&[
        "data",
        "validate",
        "--data",
        "azureml:flights:3",
        "--expectations",
        "expectations.yml",
    ])
    .ends(1);
    let found = verdicts();
    assert_eq!(found.as_array().map(Vec::len), Some(3), "{found}");
    assert_eq!(
        (&found[0]["principal"], &found[0]["alarms"][0]["windows"]),
        (&"owner".into(), &2.into())
    );

    let drift = mill.ok(&["data", "history", "flights", "--drift", "--column", "delay"]);
    let drift = drift.as_array().expect("rows");
    assert_eq!(drift.len(), 3);
    assert!(drift.iter().all(|row| row["verdict"] == "drifted"), "{drift:?}");
    assert!(
        drift[0]["wasserstein"].as_f64().expect("a distance") > 1.0,
        "{drift:?}"
    );
    assert_eq!(
        (&drift[1]["alarm"], &drift[1]["job"]),
        (&true.into(), &"third_check".into())
    );
    let failed = mill.ok(&[
        "data",
        "history",
        "flights",
        "--validations",
        "--column",
        "carrier",
    ]);
    assert!(
        failed
            .as_array()
            .expect("rows")
            .iter()
            .any(|row| row["met"] == false && row["found"] == "XX"),
        "{failed}"
    );
    let means = mill.ok(&[
        "data",
        "history",
        "flights",
        "--column",
        "delay",
        "--statistic",
        "mean",
    ]);
    assert_eq!(
        means.as_array().map(Vec::len),
        Some(2),
        "what a step saw is profiled, too: {means}"
    );

    let address = "/api/v1/workspaces/default/data/flights";
    let (status, csv) = mill.http("GET", &format!("{address}/history?of=drift&format=csv"), None, "");
    assert_eq!(status, 200);
    assert!(
        csv.starts_with("asset,version,table,validated_at,validation,job,"),
        "{csv}"
    );
    for ending in ["parquet", "arrow"] {
        let file = format!("drift.{ending}");
        mill.run(&["data", "history", "flights", "--drift", "--output-file", &file])
            .ends(0);
        let sql = format!("select count(*) as n from '{file}' where \"column\" = 'delay' and alarm");
        assert_eq!(mill.ok(&["data", "query", &sql])[0]["n"], 2, "{file}");
    }
    let id = found[1]["id"].as_str().expect("an id");
    mill.run(&[
        "data",
        "history",
        "flights",
        "--report",
        id,
        "--output-file",
        "report.html",
    ])
    .ends(0);
    let page = std::fs::read_to_string(mill.path("report.html")).expect("a page");
    assert!(
        page.contains("XX") && page.contains("Against the baseline"),
        "{page}"
    );
    mill.run(&[
        "data",
        "history",
        "flights",
        "--report",
        "none",
        "--output-file",
        "no.html",
    ])
    .ends(1)
    .says("validation");
}

#[test]
fn a_version_that_breaks_what_others_live_by_is_refused_and_they_are_named() {
    let mill = Mill::start();
    flights(&mill, 0, ["UA", "AA"]);
    mill.write(
        "carriers.yml",
        "columns:\n  carrier: {values: {only: [UA, AA]}}\n",
    );
    mill.write(
        "contract.yml",
        "name: delay-model\ndata: azureml:flights\nconsumer: model:flights-delay\nexpectations: ./carriers.yml\n",
    );
    mill.ok(&["data", "contract", "create", "-f", "contract.yml"]);
    mill.write("delays.yml", "columns:\n  delay: {max: {max: 70}}\n");
    mill.ok(&[
        "data",
        "contract",
        "create",
        "--name",
        "report",
        "--data",
        "flights",
        "--consumer",
        "pipeline:weekly-report",
        "--expectations",
        "delays.yml",
        "--policy",
        "warn",
    ]);
    let there = mill.ok(&["data", "contract", "list", "--data", "flights"]);
    assert_eq!(
        (&there[0]["consumer"], &there[0]["policy"], &there[1]["policy"]),
        (&"model:flights-delay".into(), &"refuse".into(), &"warn".into())
    );
    // The one that is there keeps all.
    assert_eq!(
        mill.ok(&["data", "contract", "check", "--data", "azureml:flights:1"])["passed"],
        true
    );

    let rows: String = (0..400)
        .map(|row| format!("{row},{},{}\n", row % 61, ["UA", "XX"][row % 2]))
        .collect();
    mill.write("new/t.csv", format!("id,delay,carrier\n{rows}"));
    let create = [
        "data",
        "create",
        "-n",
        "flights",
        "--type",
        "uri_folder",
        "--path",
        "new",
    ];
    mill.run(&create)
        .ends(1)
        .says("model:flights-delay")
        .says("only UA, AA, found XX");
    assert_eq!(
        mill.ok(&["data", "list", "-n", "flights"])
            .as_array()
            .map(Vec::len),
        Some(1),
        "it was not made"
    );
    // Before anything is uploaded.
    mill.run(&["data", "contract", "check", "--data", "flights", "--file", "new"])
        .ends(1)
        .says("model:flights-delay");

    // A contract that warns lets the version come, and names who will be hurt.
    let rows: String = (0..400)
        .map(|row| format!("{row},{},UA\n", row % 61 + 50))
        .collect();
    mill.write("new/t.csv", format!("id,delay,carrier\n{rows}"));
    let made = mill.ok(&create);
    assert_eq!(made["version"], "2");
    assert!(
        made["warnings"].to_string().contains("pipeline:weekly-report"),
        "{made}"
    );
    mill.run(&["data", "contract", "check", "--data", "azureml:flights:2"])
        .ends(1)
        .says("weekly-report");

    // A job that makes a version is a producer, too.
    let yaml = format!(
        "command: \"mkdir -p ${{{{outputs.o}}}} && printf 'id,delay,carrier\\n1,2,ZZ\\n' > ${{{{outputs.o}}}}/t.csv\"\n{ENVIRONMENT}\n\
         outputs:\n  o: {{type: uri_folder, name: flights}}\n"
    );
    mill.stream("maker", &yaml).ends(1).says("model:flights-delay");
    assert_eq!(
        mill.ok(&["data", "list", "-n", "flights"])
            .as_array()
            .map(Vec::len),
        Some(2)
    );

    // On its way to PRD it is checked against those who live there.
    mill.write("ws.yml", "name: prd\n");
    mill.ok(&["workspace", "create", "-f", "ws.yml"]);
    mill.ok(&[
        "-w",
        "prd",
        "data",
        "create",
        "-n",
        "flights",
        "--type",
        "uri_folder",
        "--path",
        "months",
    ]);
    mill.write("strict.yml", "columns:\n  carrier: {values: {only: [AA]}}\n");
    mill.ok(&[
        "-w",
        "prd",
        "data",
        "contract",
        "create",
        "--name",
        "prd-model",
        "--data",
        "flights",
        "--consumer",
        "endpoint:delay",
        "--expectations",
        "strict.yml",
    ]);
    let found = mill.run(&[
        "data",
        "contract",
        "check",
        "--data",
        "azureml:flights:1",
        "--against",
        "prd",
    ]);
    found.ends(1).says("endpoint:delay");

    mill.run(&["data", "contract", "delete", "--name", "delay-model"])
        .ends(0);
    mill.stream("maker2", &yaml).ends(0);
    for (args, says) in [
        (
            vec![
                "--name",
                "x",
                "--data",
                "flights",
                "--consumer",
                "somebody",
                "--expectations",
                "delays.yml",
            ],
            "model:delay",
        ),
        (
            vec![
                "--name",
                "x",
                "--data",
                "nothing",
                "--consumer",
                "team:ops",
                "--expectations",
                "delays.yml",
            ],
            "nothing",
        ),
        (
            vec!["--name", "x", "--data", "flights", "--consumer", "team:ops"],
            "--expectations",
        ),
    ] {
        let mut all = vec!["data", "contract", "create"];
        all.extend(args);
        let done = mill.run(&all);
        assert_ne!(done.code, 0, "{all:?}");
        done.says(says);
    }
}

#[test]
fn rows_of_a_database_become_a_version_and_an_import_that_broke_goes_on() {
    use sqlx::{ConnectOptions, Connection, Executor};

    let Some(database) = tidemill_testdb::postgres() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let run = |sql: &'static str| {
        runtime.block_on(async {
            let options: sqlx::postgres::PgConnectOptions = database.url.parse().expect("an address");
            let mut connection = options.connect().await.expect("connects");
            connection.execute(sqlx::raw_sql(sql)).await.expect("runs");
            connection.close().await.expect("ends");
        });
    };
    // The row 1,200,001 cannot be read: a first file of a million rows is there by then.
    run(
        "create table orders (id int8 primary key, customer text, placed date); \
         insert into orders select n, 'c' || n % 10, case when n = 1200001 then 'infinity'::date else date '2026-01-01' + (n % 100)::int end \
         from generate_series(1, 1250000) as n",
    );
    let mill = Mill::start();
    mill.write("address.txt", &database.url);
    mill.run(&["secret", "set", "--name", "orders-db", "--file", "address.txt"])
        .ends(0);
    mill.write(
        "import.yml",
        "name: orders\ntype: mltable\npath: azureml://datastores/workspaceblobstore/paths/shop/${{name}}\nsource:\n  type: database\n  \
         connection: azureml:orders-db\n  query: select * from orders\n  key: id\n",
    );
    mill.run(&["data", "import", "-f", "import.yml"])
        .ends(1)
        .says("column `placed`")
        .says("infinite");
    let part = crate::support::files(&mill.data)
        .into_iter()
        .find(|path| path.ends_with("shop/orders/1/part-00000.parquet"))
        .expect("the first file is there");
    let made = std::fs::metadata(&part)
        .expect("there")
        .modified()
        .expect("a time");
    run("update orders set placed = '2026-01-01' where id = 1200001");
    let version = mill.ok(&["data", "import", "-f", "import.yml"]);
    assert_eq!(
        (&version["version"], &version["type"], &version["files"]),
        (&"1".into(), &"mltable".into(), &3.into())
    );
    assert_eq!(
        std::fs::metadata(&part)
            .expect("there")
            .modified()
            .expect("a time"),
        made,
        "it is not read again"
    );
    let sql = "select count(*) as n, count(distinct id) as ids, max(id) as last from orders";
    let found = mill.ok(&["data", "query", sql]);
    assert_eq!(
        (&found[0]["n"], &found[0]["ids"], &found[0]["last"]),
        (&1_250_000.into(), &1_250_000.into(), &1_250_000.into())
    );
    assert!(!version.to_string().contains(&database.url), "{version}");

    // A query that writes is refused, a connection that is not there says so, and neither makes a version.
    let import = |query: &str, connection: &str| {
        mill.run(&[
            "data",
            "import",
            "--name",
            "bad",
            "--connection",
            connection,
            "--sql",
            query,
        ])
    };
    import("delete from orders", "azureml:orders-db").ends(1);
    import("select 1", "azureml:nothing").ends(1).says("nothing");
    import("select 1", "postgresql://x:geheim@127.0.0.1:1/none")
        .ends(1)
        .says("connect");
    mill.run(&["data", "show", "-n", "bad"]).ends(1);
}

#[test]
fn a_file_of_a_web_server_that_broke_off_goes_on_where_it_ended() {
    use std::io::{BufRead, BufReader, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/t.csv", listener.local_addr().expect("bound"));
    let text: String = (0..20_000).map(|row| format!("{row},x\n")).collect();
    let text = format!("id,name\n{text}");
    let whole = text.clone().into_bytes();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
    let told = asked.clone();
    // Half of it, then a connection that ends; from then on what is asked for.
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().flatten().enumerate() {
            let mut lines = BufReader::new(&stream)
                .lines()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            let head: Vec<String> = lines.by_ref().collect();
            let range = head.iter().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("range: bytes=")
                    .map(str::to_owned)
            });
            let from: usize = range
                .as_deref()
                .and_then(|range| range.trim_end_matches('-').parse().ok())
                .unwrap_or(0);
            let get = head.first().is_some_and(|line| line.starts_with("GET"));
            told.lock().expect("free").push(format!(
                "{} {range:?} {}",
                head.first().cloned().unwrap_or_default(),
                head.iter()
                    .any(|line| line.to_lowercase() == "authorization: bearer geheim")
            ));
            let mut stream = &stream;
            let rest = &whole[from..];
            let status = if range.is_some() {
                "206 Partial Content"
            } else {
                "200 OK"
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\netag: \"one\"\r\ncontent-length: {}\r\ncontent-range: bytes {from}-{}/{}\r\nconnection: close\r\n\r\n",
                rest.len(),
                whole.len() - 1,
                whole.len()
            );
            let sent = if count == 0 { &rest[..rest.len() / 2] } else { rest };
            if get {
                let _ = stream.write_all(sent);
            }
        }
    });
    let mill = Mill::start();
    mill.write("key.txt", "geheim");
    mill.run(&["secret", "set", "--name", "web", "--file", "key.txt"])
        .ends(0);
    mill.write(
        "import.yml",
        format!("name: web\nsource:\n  type: http\n  url: {url}\n  headers: {{Authorization: \"Bearer ${{{{secrets.web}}}}\"}}\n"),
    );
    let version = mill.ok(&["data", "import", "-f", "import.yml"]);
    assert_eq!(
        (&version["type"], &version["size_bytes"]),
        (&"uri_file".into(), &text.len().into())
    );
    let asked = asked.lock().expect("free").clone();
    assert!(
        asked.iter().all(|line| line.ends_with("true")),
        "the header goes with each: {asked:?}"
    );
    assert!(
        asked.len() >= 2 && asked[1].contains(&format!("{}", text.len() / 2)),
        "{asked:?}"
    );
    assert_eq!(
        mill.ok(&["data", "query", "select count(*) as n from web"])[0]["n"],
        20_000
    );
}

#[test]
fn an_import_that_was_killed_when_its_version_was_there_does_not_import_twice() {
    use std::io::{BufRead, BufReader, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/t.csv", listener.local_addr().expect("bound"));
    let text: String = (0..2_000_000).map(|row| format!("{row},x\n")).collect();
    let whole = format!("id,name\n{text}").into_bytes();
    let asked = Arc::<AtomicU64>::default();
    let count = asked.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
            let head: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            count.fetch_add(1, Ordering::SeqCst);
            let length = whole.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            if head.first().is_some_and(|line| line.starts_with("GET")) {
                let _ = stream.write_all(&whole);
            }
        }
    });
    let mut mill = Mill::start();
    mill.write(
        "import.yml",
        format!("name: web\nsource:\n  type: http\n  url: {url}\n"),
    );
    // What stands on the disk when the version is there, and the import has not ended.
    let imports = mill.data.join("cache/imports");
    let (stop, told) = (Arc::<std::sync::atomic::AtomicBool>::default(), imports.clone());
    let stopped = stop.clone();
    let watch = std::thread::spawn(move || {
        while !stopped.load(Ordering::SeqCst) {
            for file in crate::support::files(&told) {
                if file.extension().is_some_and(|ending| ending == "json")
                    && let Ok(text) = std::fs::read_to_string(&file)
                    && text.contains(r#""done":true"#)
                {
                    return Some((file, text));
                }
            }
        }
        None
    });
    mill.ok(&["data", "import", "-f", "import.yml"]);
    stop.store(true, Ordering::SeqCst);
    let (file, state) = watch.join().expect("it looks").expect("it saw the state");
    assert!(!file.exists(), "an import that ended leaves nothing");
    mill.kill_server();
    std::fs::write(&file, state).expect("as after a kill");
    mill.start_server();
    let before = asked.load(Ordering::SeqCst);
    let again = mill.ok(&["data", "import", "-f", "import.yml"]);
    assert_eq!(again["version"], "1", "{again}");
    assert_eq!(asked.load(Ordering::SeqCst), before, "nothing was fetched again");
    assert!(crate::support::files(&imports).is_empty());
    // The next time it is a new version.
    assert_eq!(mill.ok(&["data", "import", "-f", "import.yml"])["version"], "2");
    // Had somebody else made the version of that number meanwhile, the import would take another one.
    let versions = mill.ok(&["data", "list", "-n", "web"]);
    assert_eq!(versions.as_array().map(Vec::len), Some(2));
}

#[test]
fn drift_through_the_server_is_the_drift_of_the_files() {
    let mill = Mill::start();
    // A correlation turns and the target does, too; no column alone has drifted.
    let table = |sign: i64, seed: u64| {
        let mut state = seed;
        let mut next = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as i64 % 1000
        };
        let mut text = String::from("a,b,late,said\n");
        for _ in 0..3000 {
            let (a, noise) = (next() - 500, next() % 50);
            let late = a * sign + noise > 0;
            text += &format!(
                "{a},{},{},{}\n",
                a * sign + noise,
                u8::from(late),
                u8::from(a > 0)
            );
        }
        text
    };
    for (file, sign, seed) in [("june.csv", 1, 7), ("july.csv", -1, 8)] {
        mill.write(file, table(sign, seed));
        mill.ok(&[
            "data", "create", "-n", "months", "--type", "uri_file", "--path", file,
        ]);
    }
    mill.run(&["data", "drift", "--data", "azureml:months:2"])
        .ends(1)
        .says("data baseline set");
    mill.run(&["data", "baseline", "set", "--name", "months", "--version", "1"])
        .ends(0);
    let more = [
        "--multivariate",
        "--target",
        "late",
        "--prediction",
        "said",
        "--min-values",
        "50",
    ];
    let here = mill.ok(&[&["data", "drift", "june.csv", "july.csv"][..], &more[..]].concat());
    let there = mill.ok(&[&["data", "drift", "--data", "azureml:months:2"][..], &more[..]].concat());
    assert_eq!(here, there);
    assert_eq!(here["multivariate"]["verdict"], "drifted", "{here:#}");
    assert_eq!(here["concept"]["verdict"], "drifted", "{here:#}");
    // The versions the other way round, and against itself.
    let named = [
        "data",
        "drift",
        "--data",
        "months:1",
        "--baseline",
        "months:2",
        "--multivariate",
    ];
    assert_eq!(
        mill.ok(&named),
        mill.ok(&["data", "drift", "july.csv", "june.csv", "--multivariate"])
    );
    let same = [
        "data",
        "drift",
        "--data",
        "azureml:months:2",
        "--baseline",
        "azureml:months:2",
        "--fail",
    ];
    assert_eq!(mill.ok(&same)["drifted"], 0);
    mill.run(&[&same[..6], &["--target", "nothing"]].concat())
        .ends(1)
        .says("nothing");
    mill.run(&["data", "drift", "--data", "azureml:months:2", "june.csv"])
        .ends(2);
    let page = [
        "data",
        "drift",
        "--data",
        "azureml:months:2",
        "--multivariate",
        "--html",
        "d.html",
    ];
    mill.ok(&page);
    let page = std::fs::read_to_string(mill.path("d.html")).expect("a page");
    assert!(
        page.contains("azureml:months:2 against its baseline"),
        "it says of what"
    );
}
