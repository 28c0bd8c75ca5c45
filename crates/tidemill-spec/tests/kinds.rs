//! Each kind is read with every sort of field, and survives the way over JSON.

use std::path::Path;

use tidemill_spec::kinds::{
    Component, ComponentRef, Compute, Credentials, Datastore, DeploymentModel, EndpointAuthMode,
    EnvironmentRef, Input, Job, Node, ScaleSettings, ScheduledJob,
};
use tidemill_spec::load::MemoryFiles;
use tidemill_spec::value::{ByteSize, Literal};
use tidemill_spec::{
    CodeRef, ComputeRef, DataPath, Family, Loaded, Override, Purpose, Spec, for_each_local_path,
    load_document,
};

fn load(name: &str, text: &str, more: &[(&str, &str)], expected: Option<Family>, sets: &[&str]) -> Loaded {
    let files: MemoryFiles = [(name, text)].into_iter().chain(more.iter().copied()).collect();
    let sets: Vec<Override> = sets
        .iter()
        .map(|set| Override::parse(set).expect("an override"))
        .collect();
    let loaded =
        load_document(&files, Path::new(name), &sets, expected).unwrap_or_else(|errors| panic!("{errors}"));
    let json = serde_json::to_string(&loaded.spec).expect("specs become JSON");
    let back: Spec = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(back, loaded.spec, "{json}");
    loaded
}

fn command_job(text: &str, more: &[(&str, &str)], sets: &[&str]) -> tidemill_spec::kinds::CommandJob {
    match load("/w/job.yml", text, more, None, sets).spec {
        Spec::Job(Job::Command(job)) => *job,
        other => panic!("a command job, not {other:?}"),
    }
}

#[test]
fn a_command_job_with_every_field() {
    let job = command_job(
        "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json \ntype: Command\nid: dropped\nstatus: Failed\n\
         name: my-job\ndescription: |\n  # Title\n  text\ntags: {a: 1, b: }\ndisplay_name: d\nexperiment_name: e\n\
         properties: {p: 1.10}\ncompute: azureml:cpu\nidentity: {type: managed_identity, client_id: c}\n\
         command: >-\n  python train.py\n  ${{inputs.n}}\ncode: ./src\nenvironment: azureml:sk:01\n\
         environment_variables: {A: 1, B: yes, C: }\nresources: {instance_count: '2', shm_size: 2g, docker_args: '--ipc=host -m 1g', memory: 100MB, cpu: 500m}\n\
         distribution: {type: PyTorch, process_count_per_instance: 2}\nqueue_settings: {job_tier: Spot, priority: high}\n\
         limits: {timeout: 60, retries: 1}\nservices: {s: {type: vs_code, endpoint: dropped}}\n\
         inputs:\n  n: 5\n  t: \"5\"\n  b: on\n  f: 0.5\n  v: {value: x}\n  d: {type: mltable, path: ../data, mode: eval_mount}\n  u: {path: 'https://h/x.csv', type: URI_FILE}\n\
         outputs:\n  o:\n  m: {type: mlflow_model, name: model, version: 3, mode: upload, path: 'azureml://datastores/d/paths/${{name}}'}\nparent_job_name: p\n",
        &[("/w/src/train.py", ""), ("/data/x", "")],
        &[],
    );
    assert_eq!(job.description.as_deref(), Some("# Title\ntext\n"));
    assert_eq!(job.tags["a"], "1");
    assert_eq!(job.properties["p"], "1.10");
    assert_eq!(job.environment_variables["B"], "yes");
    assert_eq!(job.compute, Some(ComputeRef::Named("cpu".into())));
    assert_eq!(job.code, Some(CodeRef::Local("/w/src".into())));
    assert_eq!(job.inputs["n"], Input::Literal(Literal::Integer(5)));
    assert_eq!(job.inputs["t"], Input::Literal(Literal::String("5".into())));
    assert_eq!(job.inputs["b"], Input::Literal(Literal::Boolean(true)));
    assert_eq!(job.inputs["v"], Input::Literal(Literal::String("x".into())));
    let Input::Data(data) = &job.inputs["d"] else {
        panic!("data")
    };
    assert_eq!(data.path, Some(DataPath::Local("/data".into())));
    let resources = job.resources.expect("resources");
    assert_eq!(resources.memory_limit(), Some(ByteSize(100_000_000)));
    assert_eq!(
        resources.docker_args.expect("arguments").memory(),
        Some(ByteSize(1 << 30))
    );
    assert_eq!(job.outputs["m"].version.as_deref(), Some("3"));
    let EnvironmentRef::Reference(environment) = job.environment else {
        panic!("a reference")
    };
    assert_eq!(environment.to_string(), "azureml:sk:01");
}

#[test]
fn overrides_come_before_anything_is_read() {
    let job = command_job(
        "command: ls\nenvironment: azureml:e:1\ninputs: {x: {path: a}}\n",
        &[("/w/b", "")],
        &[
            "inputs.x.path=b",
            "inputs.y=off",
            "limits.timeout=7",
            "environment={image: python, conda_file: {dependencies: [pip]}}",
        ],
    );
    assert_eq!(job.inputs["y"], Input::Literal(Literal::Boolean(false)));
    let Input::Data(data) = &job.inputs["x"] else {
        panic!("data")
    };
    assert_eq!(data.path, Some(DataPath::Local("/w/b".into())));
    assert!(matches!(job.environment, EnvironmentRef::Inline(_)));
}

const COMPONENT: &str = "type: command\nname: train-it\nversion: 01\ncode: ../src\nadditional_includes: [../../lib]\n\
    inputs:\n  data: {type: uri_folder}\n  n: {type: integer, default: 3, min: 1, max: '5'}\n  s: {type: string, optional: true, enum: [a, 1]}\n\
    outputs:\n  out: {type: uri_folder, mode: RW_MOUNT}\n  p: {type: integer, is_control: true}\n\
    command: run ${{inputs.data}} ${{inputs.n}} $[[--s ${{inputs.s}}]] ${{outputs.out}}\n\
    environment: {image: python, conda_file: ./conda.yml}\nresources: {instance_count: 2, strange: 1}\nis_deterministic: 'True'\n";
const PIPELINE: &str = "type: pipeline\ninputs:\n  d: {path: ./data}\n  c: cpu\nsettings: {default_compute: azureml:serverless, default_datestore: x, force_rerun: TRUE}\n\
    outputs: {final: {mode: upload}}\njobs:\n  one:\n    component: ./c/train.yml\n    compute: ${{parent.inputs.c}}\n    inputs: {data: ./data, n: 4}\n  \
    two:\n    type: pipeline\n    component: file:./c/inner.yml\n    inputs: {d: {path: '${{parent.jobs.one.outputs.out}}', type: uri_folder, mode: ro_mount}}\n    \
    outputs: {o: '${{parent.outputs.final}}'}\n  three:\n    type: command\n    command: echo ${{inputs.x}}\n    environment: file:env.yml\n    inputs: {x: '${{parent.jobs.two.outputs.o}}'}\n";
const INNER: &str = "type: pipeline\nname: inner\ninputs: {d: {type: uri_folder}}\noutputs: {o: {type: uri_folder}}\njobs:\n  deep:\n    \
    component: ./train.yml\n    inputs: {data: '${{parent.inputs.d}}'}\n    outputs: {out: {path: '${{parent.outputs.o}}', mode: upload}}\n";

fn pipeline_files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("/w/c/train.yml", COMPONENT),
        ("/w/c/inner.yml", INNER),
        (
            "/w/c/conda.yml",
            "name: x\ndependencies: [python=3.10, {pip: [numpy]}]\n",
        ),
        (
            "/w/env.yml",
            "name: e\nbuild: {path: ./ctx, dockerfile_path: Dockerfile}\n",
        ),
        ("/w/ctx/Dockerfile", ""),
        ("/w/src/a.py", ""),
        ("/lib/b.py", ""),
        ("/w/data/x.csv", ""),
    ]
}

#[test]
fn a_pipeline_is_written_out_with_its_files() {
    let loaded = load(
        "/w/pipeline.yml",
        PIPELINE,
        &pipeline_files(),
        Some(Family::Job),
        &[],
    );
    let fields: Vec<&str> = loaded
        .warnings
        .iter()
        .map(|warning| warning.field.as_str())
        .collect();
    assert!(fields.contains(&"settings.default_datestore"), "{fields:?}");
    assert!(
        fields.contains(&"jobs.one.component.resources.strange"),
        "{fields:?}"
    );
    assert!(
        fields.contains(&"jobs.two.component.jobs.deep.component.name"),
        "{fields:?}"
    );
    let Spec::Job(Job::Pipeline(job)) = &loaded.spec else {
        panic!("a pipeline job")
    };
    let Node::Command(one) = &job.jobs["one"] else {
        panic!("a command step")
    };
    let Some(ComponentRef::Inline(Component::Command(train))) = &one.component else {
        panic!("written out")
    };
    assert_eq!(train.version.as_deref(), Some("01"));
    assert_eq!(train.code, Some(CodeRef::Local("/w/src".into())));
    assert_eq!(train.additional_includes, [CodeRef::Local("/lib".into())]);
    assert_eq!(train.outputs["p"].extra["is_control"], true);
    let EnvironmentRef::Inline(environment) = &train.environment else {
        panic!("inline")
    };
    assert_eq!(
        environment.conda_file.as_ref().expect("conda")["dependencies"][0],
        "python=3.10"
    );
    let Input::Data(data) = &one.inputs["data"] else {
        panic!("text for a data port is a path")
    };
    assert_eq!(data.path, Some(DataPath::Local("/w/data".into())));
    assert_eq!(loaded.local_paths.len(), 4);
}

#[test]
fn local_paths_are_visited_and_replaced() {
    let mut spec = load(
        "/w/pipeline.yml",
        PIPELINE,
        &pipeline_files(),
        Some(Family::Job),
        &[],
    )
    .spec;
    let mut seen = Vec::new();
    for_each_local_path::<tidemill_spec::refs::RefError>(&mut spec, |local| {
        seen.push((local.field.to_string(), local.purpose, local.includes.len()));
        Ok(format!("tidemill://trees/{:032x}", seen.len()))
    })
    .expect("all is replaced");
    assert_eq!(
        seen,
        [
            ("inputs.d.path".to_owned(), Purpose::Input, 0),
            ("jobs.one.inputs.data.path".to_owned(), Purpose::Input, 0),
            ("jobs.one.component.code".to_owned(), Purpose::Code, 1),
            (
                "jobs.two.component.jobs.deep.component.code".to_owned(),
                Purpose::Code,
                1
            ),
            (
                "jobs.three.environment.build.path".to_owned(),
                Purpose::BuildContext,
                0
            ),
        ]
    );
    let json = serde_json::to_string(&spec).expect("JSON");
    assert!(
        !json.contains("/w/") && !json.contains("additional_includes"),
        "{json}"
    );
}

#[test]
fn includes_may_stand_in_a_file_beside_the_component() {
    let text = "name: c\ncommand: ls\nenvironment: azureml:e:1\n";
    let more = [
        ("/w/c.additional_includes", "# shared\n../lib\n\n../x.py\n"),
        ("/lib/a", ""),
        ("/x.py", ""),
    ];
    let loaded = load("/w/c.yml", text, &more, Some(Family::Component), &[]);
    let Spec::Component(Component::Command(component)) = loaded.spec else {
        panic!("a component")
    };
    assert_eq!(component.additional_includes.len(), 2);
}

#[test]
fn a_pipeline_job_may_be_given_by_its_component() {
    let text = "type: pipeline\ncomponent: c/inner.yml\ninputs: {d: {path: azureml:x@latest}}\n";
    let loaded = load("/w/job.yml", text, &pipeline_files(), None, &[]);
    assert!(matches!(loaded.spec, Spec::Job(Job::Pipeline(job)) if job.component.is_some()));
}

#[test]
fn assets_and_resources() {
    let table: &[(&str, &str, Family)] = &[
        (
            "env.yml",
            "name: e\nversion: 10\nimage: python\nos_type: Linux\ntags: {a: b}\nconda_file: {dependencies: []}\ninference_config: {liveness_route: {port: 80, path: /}, readiness_route: {port: 80, path: /}, scoring_route: {port: 80, path: /s}}\n",
            Family::Environment,
        ),
        (
            "env.yml",
            "name: e\nrequirements_file: ./d/requirements.txt\n",
            Family::Environment,
        ),
        (
            "data.yml",
            "name: d\ntype: mltable\npath: ./d\nversion: 1\nauto_delete_setting: {value: 30d, condition: created_greater_than}\nsnapshot: true\n",
            Family::Data,
        ),
        (
            "data.yml",
            "name: d\npath: https://h/x\ncreation_context: {by: me}\n",
            Family::Data,
        ),
        (
            "model.yml",
            "name: m\ntype: mlflow_model\npath: runs:/abc/model\nflavors: {sklearn: {v: 1}}\nstage: Production\nallowed_deployment_templates: [{asset_id: a}]\n",
            Family::Model,
        ),
        (
            "blob.yml",
            "name: b\ntype: azure_blob\naccount_name: a\ncontainer_name: c\nprotocol: wasbs\ncredentials: {account_key: k}\n",
            Family::Datastore,
        ),
        (
            "file.yml",
            "name: b\ntype: azure_file\naccount_name: a\nfile_share_name: c\ncredentials: {sas_token: k}\n",
            Family::Datastore,
        ),
        (
            "gen1.yml",
            "name: b\ntype: azure_data_lake_gen1\nstore_name: s\ncredentials: {tenant_id: t, client_id: c, client_secret: s}\n",
            Family::Datastore,
        ),
        (
            "gen2.yml",
            "name: b\ntype: azure_data_lake_gen2\naccount_name: a\nfilesystem: f\ncredentials: {tenant_id: t, client_id: c, thumbprint: s}\n",
            Family::Datastore,
        ),
        (
            "lake.yml",
            "name: b\ntype: one_lake\none_lake_workspace_name: w\nendpoint: e\nartifact: {name: x, type: lake_house}\n",
            Family::Datastore,
        ),
        (
            "s3.yml",
            "name: b\ntype: s3\nbucket: x\nendpoint: http://127.0.0.1:9000\ncredentials: {access_key_id: a, secret_access_key: s}\n",
            Family::Datastore,
        ),
        (
            "gcs.yml",
            "name: b\ntype: gcs\nbucket: x\ncredentials: {}\n",
            Family::Datastore,
        ),
        (
            "http.yml",
            "name: b\ntype: http\nurl: https://h/data\n",
            Family::Datastore,
        ),
        (
            "local.yml",
            "name: b\ntype: local_folder\npath: ../not/there\n",
            Family::Datastore,
        ),
        (
            "aml.yml",
            "name: c\ntype: AmlCompute\nsize: STANDARD_DS3_v2\ntier: low_priority\nmin_instances: 0\nmax_instances: 2\nidle_time_before_scale_down: 120\nidentity: {type: user_assigned, user_assigned_identities: [{resource_id: r}]}\nssh_settings: {admin_username: a}\ncores: 4\nmemory: 2Gi\nprovisioning_state: Succeeded\n",
            Family::Compute,
        ),
        (
            "ci.yml",
            "name: c\ntype: computeinstance\nschedules: {compute_start_stop: [{action: start, state: enabled, trigger: {type: cron, expression: 0 * * * *}}, {action: stop, trigger: {type: recurrence, frequency: Week, interval: 1, schedule: {hours: 1, minutes: [0, 30], week_days: monday}}}]}\n",
            Family::Compute,
        ),
        (
            "k.yml",
            "name: c\ntype: kubernetes\nnamespace: n\nresource_id: r\nproperties: {a: [1]}\n",
            Family::Compute,
        ),
        (
            "vm.yml",
            "name: c\ntype: virtualmachine\nresource_id: r\nssh_settings: {admin_password: p, ssh_port: 22}\n",
            Family::Compute,
        ),
        (
            "sp.yml",
            "name: c\ntype: synapsespark\nresource_id: r\nscale_settings: {auto_scale_enabled: true}\n",
            Family::Compute,
        ),
        (
            "l.yml",
            "name: c\ntype: local\nmax_instances: 2\n",
            Family::Compute,
        ),
        (
            "w.yml",
            "name: w\nlocation: eu\nidentity: {type: 'system_assigned,user_assigned', user_assigned_identities: {/subscriptions/s/i: {}}}\npublic_network_access: disabled\nmanaged_network: {isolation_mode: allow_only_approved_outbound, outbound_rules: [{type: fqdn, name: a, destination: b, status: x}, {type: private_endpoint, name: n, destination: {service_resource_id: r, subresource_target: t, spark_enabled: 'true'}}]}\nuri_mirrors: {'https://h/': ./mirror, 'wasbs://c@a/': 'azureml://datastores/d/paths/p'}\n",
            Family::Workspace,
        ),
    ];
    for (name, text, family) in table {
        let name = format!("/w/{name}");
        let more = [("/w/d/requirements.txt", "numpy\npandas\n")];
        let expected = load(&name, text, &more, Some(*family), &[]);
        let found = load(&name, text, &more, None, &[]);
        assert_eq!(expected.spec, found.spec, "{name} is recognised by itself");
    }
}

#[test]
fn secrets_are_not_printed() {
    let loaded = load(
        "/b.yml",
        "name: b\ntype: azure_blob\naccount_name: a\ncontainer_name: c\ncredentials: {account_key: hush}\n",
        &[],
        None,
        &[],
    );
    assert!(!format!("{:?}", loaded.spec).contains("hush"));
    let Spec::Datastore(Datastore::AzureBlob(store)) = loaded.spec else {
        panic!("a blob store")
    };
    assert_eq!(
        store.credentials,
        Some(Credentials::AccountKey {
            account_key: "hush".into()
        })
    );
}

#[test]
fn json_may_have_its_fields_in_any_order() {
    let json = r#"{"compute": {"name": "c", "max_instances": 2, "type": "amlcompute"}}"#;
    let spec: Spec = serde_json::from_str(json).expect("a compute");
    assert!(matches!(spec, Spec::Compute(Compute::AmlCompute(compute)) if compute.max_instances == Some(2)));
    assert!(serde_json::from_str::<Spec>(r#"{"compute": {"name": "c", "type": "local", "x": 1}}"#).is_err());
}

#[test]
fn fields_without_an_effect_are_said_in_one_sentence() {
    let loaded = load(
        "/j.yml",
        "command: ls\nenvironment: azureml:e:1\nresources: {shm_size: 2g, instance_type: x, docker_args: -m 1g}\nservices: {a: {type: ssh}}\n",
        &[],
        Some(Family::Job),
        &[],
    );
    let warnings = tidemill_spec::validate::no_effect_on_local(&loaded.spec);
    let text = tidemill_spec::validate::combined_warning(&warnings).expect("a warning");
    assert_eq!(
        text,
        "these fields have no effect here: `resources.instance_type` (a setting of the cloud); `resources.shm_size` \
         (jobs run as processes, not in containers); `services.a` (interactive services are not started)"
    );
}

#[test]
fn computes_workspaces_and_datastores_say_what_has_no_effect() {
    let said = |text: &str, family| {
        let loaded = load("/x.yml", text, &[], Some(family), &[]);
        let warnings = tidemill_spec::validate::no_effect_on_local(&loaded.spec);
        tidemill_spec::validate::combined_warning(&warnings)
    };
    assert_eq!(
        said(
            "name: c\ntype: amlcompute\nsize: S\nmax_instances: 2\nisolation: none\nnetwork: none\ntier: low_priority\n",
            Family::Compute
        )
        .as_deref(),
        Some("these fields have no effect here: `size`, `tier` (a setting of the cloud)")
    );
    assert_eq!(
        said(
            "name: w\nstage: DEV\nallowed_networks: [10.0.0.0/8]\ntags: {a: b}\n",
            Family::Workspace
        ),
        None
    );
    assert_eq!(
        said(
            "name: d\ntype: one_lake\none_lake_workspace_name: w\nendpoint: e\n",
            Family::Datastore
        )
        .as_deref(),
        Some(
            "these fields have no effect here: `type` (it cannot be reached from here, so that nothing is read from it)"
        )
    );
}

const ENDPOINT: &str = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\n\
    name: my-endpoint\nauth_mode: Key\ndescription: d\ntags: {a: 1}\nproperties: {p: 1}\nkind: Managed\nscoring_uri: dropped\n\
    provisioning_state: Succeeded\nidentity: {type: user_assigned, user_assigned_identities: [{resource_id: r}]}\n\
    traffic: {blue: 90, green: 10}\nmirror_traffic: {green: 5}\npublic_network_access: disabled\nlocation: eu\n";

#[test]
fn an_online_endpoint_with_every_field() {
    let Spec::OnlineEndpoint(endpoint) = load("/w/endpoint.yml", ENDPOINT, &[], None, &[]).spec else {
        panic!("an endpoint")
    };
    assert_eq!(endpoint.auth_mode, Some(EndpointAuthMode::Key));
    assert_eq!(
        (endpoint.traffic["blue"], endpoint.mirror_traffic["green"]),
        (90, 5)
    );
    let text = "$schema: x/kubernetesOnlineEndpoint.schema.json\nname: e\ncompute: azureml:c\nauth_mode: aml_token\n";
    let Spec::OnlineEndpoint(endpoint) = load("/w/e.yml", text, &[], None, &[]).spec else {
        panic!("an endpoint")
    };
    assert_eq!(endpoint.compute, Some(ComputeRef::Named("c".into())));
}

const DEPLOYMENT: &str = "$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json\n\
    name: blue\ntype: kubernetes\nendpoint_name: my-endpoint\napp_insights_enabled: true\n\
    model: {path: ../model/, type: mlflow_model, name: m, version: 2, properties: {a: 1}}\n\
    code_configuration: {code: ./src, scoring_script: score.py}\n\
    environment: {conda_file: conda.yml, image: i, inference_config: {liveness_route: {port: 1, path: /}, \
    readiness_route: {port: 1, path: /}, scoring_route: {port: 1, path: /score}}}\n\
    environment_variables: {WORKER_COUNT: 2}\nrequest_settings: {request_timeout_ms: 3000, max_queue_wait_ms: 0, max_concurrent_requests_per_instance: 4}\n\
    liveness_probe: {initial_delay: 1, period: 2, timeout: 3, success_threshold: 1, failure_threshold: 5}\n\
    readiness_probe: {period: 1}\nresources: {requests: {cpu: \"0.1\", memory: 0.1Gi}, limits: {cpu: 0.2, memory: 200Mi, gpu: 1}}\n\
    scale_settings: {type: target_utilization, min_instances: 1, max_instances: 3, polling_interval: 10, target_utilization_percentage: 70}\n\
    instance_type: t\ninstance_count: 2\nmodel_mount_path: /m\nprivate_network_connection: false\negress_public_network_access: disabled\n\
    data_collector: {collections: {model_inputs: {enabled: 'True', data: {name: n, path: p}}}, rolling_rate: hour, sampling_rate: 0.5, request_logging: {capture_headers: [h]}}\n";

#[test]
fn an_online_deployment_with_every_field() {
    let more = [
        ("/model/MLmodel", ""),
        ("/w/src/score.py", ""),
        ("/w/conda.yml", "dependencies: [python=3.10]\n"),
    ];
    let loaded = load("/w/d.yml", DEPLOYMENT, &more, None, &[]);
    let mut spec = loaded.spec;
    let mut fields = Vec::new();
    for_each_local_path::<tidemill_spec::refs::RefError>(&mut spec, |local| {
        fields.push((local.field.to_string(), local.purpose));
        Ok(format!("tidemill://trees/{}", "a".repeat(64)))
    })
    .expect("they are replaced");
    assert_eq!(
        fields,
        [
            ("code_configuration.code".to_owned(), Purpose::Code),
            ("model.path".to_owned(), Purpose::Model)
        ]
    );
    let Spec::OnlineDeployment(deployment) = spec else {
        panic!("a deployment")
    };
    assert_eq!(deployment.environment_variables["WORKER_COUNT"], "2");
    let Some(DeploymentModel::Inline(model)) = &deployment.model else {
        panic!("files")
    };
    assert!(matches!(model.path, Some(DataPath::Tree { .. })));
    let Some(ScaleSettings::TargetUtilization(scale)) = &deployment.scale_settings else {
        panic!("it scales")
    };
    assert_eq!(scale.max_instances, Some(3));
    let limits = deployment
        .resources
        .and_then(|resources| resources.limits)
        .expect("limits");
    assert_eq!(limits.memory, Some(ByteSize(200 << 20)));
}

#[test]
fn a_deployment_is_known_by_its_fields_and_a_cluster_is_not_taken_for_one() {
    let kind = |text: &str| load("/w/x.yml", text, &[], None, &[]).spec;
    let bare = "name: b\nendpoint_name: e\nmodel: azureml:m@latest\n";
    assert!(matches!(kind(bare), Spec::OnlineDeployment(_)));
    assert!(matches!(
        kind("name: e\nauth_mode: key\n"),
        Spec::OnlineEndpoint(_)
    ));
    assert!(matches!(
        kind("name: c\ntype: kubernetes\nnamespace: n\n"),
        Spec::Compute(_)
    ));
}

fn wrong(text: &str) -> String {
    let files: MemoryFiles = [("/w/x.yml", text)].into_iter().collect();
    load_document(&files, Path::new("/w/x.yml"), &[], None)
        .expect_err(text)
        .to_string()
}

#[test]
fn endpoints_and_deployments_that_make_no_sense_are_refused() {
    for (text, says) in [
        (
            "name: e\nauth_mode: key\ntraffic: {blue: 60, green: 60}\n",
            "are 120 together",
        ),
        (
            "name: e\nauth_mode: key\nmirror_traffic: {a: 10, b: 10}\n",
            "names one deployment",
        ),
        (
            "name: 1e\nauth_mode: key\n",
            "not a name that an endpoint can have",
        ),
        ("name: e\nauth_mode: password\n", "password"),
        (
            "name: b\nendpoint_name: e\ninstance_count: 0\n",
            "at least one instance",
        ),
        ("name: b\nendpoint_name: e\nmodel: ./folder\n", "is no model"),
        (
            "name: b\nendpoint_name: e\nmodel: {type: mlflow_model}\n",
            "needs the `path`",
        ),
        (
            "name: b\nendpoint_name: e\ncode_configuration: {scoring_script: s.py}\n",
            "needs both",
        ),
        (
            "name: b\nendpoint_name: e\nrequest_settings: {request_timeout_ms: 0}\n",
            "1 or more",
        ),
        (
            "name: b\nendpoint_name: e\nscale_settings: {type: target_utilization, min_instances: 3, max_instances: 2}\n",
            "leaves no room",
        ),
    ] {
        let said = wrong(text);
        assert!(said.contains(says), "{text}: {said}");
    }
}

#[test]
fn schemas_name_every_field() {
    let schemas = tidemill_spec::schemas();
    let (_, job) = schemas
        .iter()
        .find(|(name, _)| *name == "commandJob.schema.json")
        .expect("a command job");
    for field in [
        "command",
        "code",
        "environment",
        "inputs",
        "outputs",
        "type",
        "$schema",
    ] {
        assert!(job["properties"].get(field).is_some(), "{field}");
    }
    let (_, release) = schemas
        .iter()
        .find(|(name, _)| *name == "release.schema.json")
        .expect("a release");
    for field in ["endpoint", "deployment", "tests", "rollout", "gates"] {
        assert!(release["properties"].get(field).is_some(), "{field}");
    }
    assert_eq!(schemas.len(), 26);
}

#[test]
fn a_schedule_with_every_sort_of_job() {
    let job = "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\ntype: pipeline\nsettings: {default_compute: azureml:cpu}\n\
               inputs: {rate: 1, name: a}\njobs:\n  a: {type: command, command: echo 1, environment: azureml:sk:1, code: ./src}\n";
    let more = [("/w/pipeline.yml", job), ("/w/src/a.py", "")];
    let of = |text: &str| match load("/w/schedule.yml", text, &more, None, &[]) {
        Loaded {
            spec: Spec::Schedule(schedule),
            local_paths,
            ..
        } => (*schedule, local_paths),
        other => panic!("a schedule, not {:?}", other.spec),
    };
    let head = "$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json\nname: nightly\ndisplay_name: Nightly\n\
                description: a cron job schedule\nis_enabled: true\ntrigger:\n  type: cron\n  expression: \"0 * * * *\"\n  start_time: \"2022-07-10T10:00:00\" # optional\n  \
                time_zone: \"Pacific Standard Time\"\n";
    let (schedule, paths) = of(&format!("{head}create_job: ./pipeline.yml\n"));
    let Some(ScheduledJob::Pipeline(written)) = schedule.create_job else {
        panic!("a pipeline")
    };
    assert_eq!((written.jobs.len(), paths.len()), (1, 1));
    let (schedule, _) = of(&format!(
        "{head}create_job:\n  type: pipeline\n  job: ./pipeline.yml\n  settings: {{continue_on_step_failure: false}}\n  inputs: {{name: \"${{{{name}}}}\"}}\n  tags: {{a: b}}\n"
    ));
    let Some(ScheduledJob::Pipeline(written)) = schedule.create_job else {
        panic!("a pipeline")
    };
    let settings = written.settings.expect("settings");
    assert_eq!(settings.continue_on_step_failure, Some(false));
    assert!(settings.default_compute.is_some(), "what is not changed stays");
    assert_eq!(
        written.inputs["name"],
        Input::Literal(Literal::String("${{name}}".into()))
    );
    assert_eq!(written.inputs["rate"], Input::Literal(Literal::Integer(1)));
    assert_eq!(written.tags["a"], "b");
    for text in [
        "create_job: azureml:train\n",
        "create_job: {type: pipeline, job: \"azureml:train\", inputs: {rate: 2}}\n",
    ] {
        let Some(ScheduledJob::Reference(reference)) = of(&format!("{head}{text}")).0.create_job else {
            panic!("a reference")
        };
        assert_eq!(reference.job, "azureml:train");
    }
    let (schedule, _) = of(
        "name: on-data\ntrigger: {type: data_version, data: azureml:flights, input: raw}\ncreate_job: {endpoint: retrain, inputs: {rate: 1}}\nrun_as: service-principal:retrain\n",
    );
    assert!(matches!(schedule.create_job, Some(ScheduledJob::Published(call)) if call.endpoint == "retrain"));
    let recurrence = "name: weekly\ntrigger:\n  type: recurrence\n  frequency: Week\n  interval: 1\n  schedule: {hours: [4, 5], minutes: 0, week_days: [Monday]}\n\
                      create_job: {command: echo 1, environment: azureml:sk:1}\n";
    let (schedule, _) = of(recurrence);
    assert!(matches!(schedule.create_job, Some(ScheduledJob::Command(_))));
}

#[test]
fn what_is_wrong_with_a_schedule_is_told_where_it_stands() {
    let job = "create_job: {command: echo 1, environment: azureml:sk:1}";
    let cases = [
        (format!("name: a\ntrigger: {{type: cron, expression: '* *'}}\n{job}\n"), "trigger.expression", "five fields"),
        (format!("name: a\ntrigger: {{type: cron, expression: '0 0 * * *', time_zone: Mars}}\n{job}\n"), "trigger.time_zone", "Mars"),
        (format!("name: a\ntrigger: {{type: moon}}\n{job}\n"), "trigger", "moon"),
        ("name: a\ntrigger: {type: cron, expression: '0 0 * * *'}\ncreate_job: ./none.yml\n".into(), "create_job", "none.yml"),
        ("name: a\ntrigger: {type: cron, expression: '0 0 * * *'}\ncreate_job: {job: 'azureml:'}\n".into(), "create_job.job", "names no job"),
        ("name: a\ntrigger: {type: cron, expression: '0 0 * * *'}\ncreate_job: {command: 'echo ${{inputs.x}}', environment: azureml:sk:1}\n".into(), "create_job.command", "inputs.x"),
        (format!("name: a\nrun_as: bob\ntrigger: {{type: cron, expression: '0 0 * * *'}}\n{job}\n"), "run_as", "bob"),
    ];
    for (text, field, part) in cases {
        let files: MemoryFiles = [("/w/s.yml", text.as_str())].into_iter().collect();
        let errors = load_document(&files, Path::new("/w/s.yml"), &[], Some(Family::Schedule))
            .expect_err("it is wrong");
        let told = errors.to_string();
        assert!(told.contains(field) && told.contains(part), "{text}\n{told}");
    }
}
