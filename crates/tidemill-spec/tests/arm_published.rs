//! Templates as they are published for Azure ML: a workspace with all around it, roles of its own, and templates that lie beside it.

use serde_json::{Map, Value, json};
use tidemill_spec::arm::{ArmError, Place, Translated, translate, translate_with};

const SECURE: &str = include_str!("arm/secure.json");
const MAIN: &str = include_str!("arm/linked/main.json");

fn place() -> Place {
    Place {
        group: "flights".into(),
        location: "westeurope".into(),
        deployment: "test".into(),
        now_ms: 1_772_600_767_089,
    }
}

fn secure() -> Translated {
    let set = json!({"prefix": "churn", "adminUserName": "azureuser", "adminUserPassword": "correct-horse"});
    let Value::Object(set) = set else { panic!("a map") };
    translate(SECURE, None, set, place()).expect("it is right")
}

fn names(done: &Translated) -> Vec<String> {
    let name = |one: &tidemill_spec::arm::Resource| match one.kind.as_str() {
        "assignment" => format!(
            "assignment {}",
            one.spec["principal"].as_str().unwrap_or_default()
        ),
        kind => format!("{kind} {}", one.name),
    };
    done.resources.iter().map(name).collect()
}

#[test]
fn a_workspace_behind_a_private_endpoint_with_all_around_it_comes_to_the_kinds_here() {
    let done = secure();
    assert_eq!(
        names(&done),
        [
            "secret cluster-password",
            "workspace churn-ml",
            "compute cpu",
            "compute adas-box",
            "role Experimenter",
            "assignment team:analysts",
            "assignment user:ada",
        ]
    );
    let spec = |name: &str| {
        &done
            .resources
            .iter()
            .find(|one| one.name == name)
            .expect("there")
            .spec
    };
    assert_eq!(spec("churn-ml")["public_network_access"], "disabled");
    let cpu = spec("cpu");
    assert_eq!(
        (
            &cpu["network_settings"],
            &cpu["ssh_settings"],
            &cpu["idle_time_before_scale_down"]
        ),
        (
            &json!({"vnet_name": "churn-vnet", "subnet": "training"}),
            &json!({"admin_username": "azureuser"}),
            &json!(300)
        )
    );
    // A role that the template defines is meant by its id.
    let given = &done.resources[5].spec;
    assert_eq!(
        (&given["role"], &given["scope"]),
        (&json!("Experimenter"), &json!("/workspaces/churn-ml"))
    );
    assert!(
        done.resources[5].needs.contains(&"role Experimenter".to_owned()),
        "{:?}",
        done.resources[5].needs
    );
    let box_of_ada = spec("adas-box");
    assert_eq!(box_of_ada["create_on_behalf_of"]["user_object_id"], "ada");
    assert_eq!(
        box_of_ada["schedules"]["compute_start_stop"],
        json!([
            {"action": "stop", "state": "enabled", "trigger": {"type": "cron", "start_time": "2026-01-01T00:00:00", "time_zone": "UTC", "expression": "0 19 * * *"}},
            {"action": "start", "state": "disabled", "trigger": {"type": "recurrence", "frequency": "week", "interval": 1, "schedule": {"hours": [7], "minutes": [30], "week_days": ["monday", "friday"]}}},
        ])
    );
    // It reads as a compute of here.
    let mut whole = box_of_ada.clone();
    whole["name"] = "adas-box".into();
    let compute: tidemill_spec::kinds::Compute = serde_json::from_value(whole).expect("a compute");
    assert!(tidemill_spec::validate::check(&tidemill_spec::kinds::Spec::Compute(compute)).is_empty());

    assert_eq!(
        done.outputs["containers"]["value"],
        json!(["raw", "silver", "gold"])
    );
    assert_eq!(done.outputs["network"]["value"]["firstUsable"], "10.20.1.1");
    assert_eq!(done.outputs["password"]["value"], "***");
}

#[test]
fn of_a_published_template_everything_is_made_or_listed() {
    let done = secure();
    let notes: Vec<String> = done
        .notes
        .iter()
        .map(|note| format!("{}: {}", note.what, note.why))
        .collect();
    let notes = notes.join("\n");
    for listed in [
        "Microsoft.Network/virtualNetworks churn-vnet",
        "Microsoft.OperationalInsights/workspaces churn-logs",
        "Microsoft.Insights/components churn-ai",
        "Microsoft.Storage/storageAccounts churnst",
        "Microsoft.Storage/storageAccounts/blobServices ",
        "default/raw",
        "default/gold",
        "Microsoft.KeyVault/vaults churn-kv",
        "Microsoft.ContainerRegistry/registries churnacr",
        "Microsoft.ManagedIdentity/userAssignedIdentities churn-id",
        "Microsoft.Network/privateEndpoints churn-pe",
        "workspaces churn-ml: identity",
        "workspaces churn-ml: sku",
        "properties.managedNetwork",
        "userAccountCredentials.adminUserPassword: not kept",
        "is the id of a principal of Azure",
        "workspaces/onlineEndpoints churn-ml/flights: it is made from a YAML",
    ] {
        assert!(notes.contains(listed), "{listed}\n{notes}");
    }
    let Value::Object(set) = json!({"prefix": "churn", "adminUserName": "u", "adminUserPassword": "correct-horse", "withRegistry": false})
    else {
        panic!("a map")
    };
    let without = translate(SECURE, None, set, place()).expect("it is right");
    let skipped = without.notes.iter().find(|note| note.what.contains("churnacr"));
    assert_eq!(
        skipped.map(|note| note.why.as_str()),
        Some("its condition is false")
    );
    // All that would be shown is free of the secret.
    let shown: Vec<_> = done
        .resources
        .iter()
        .filter(|one| one.kind != "secret")
        .map(|one| one.spec.to_string())
        .collect();
    assert!(!shown.join(" ").contains("correct-horse") && !notes.contains("correct-horse"));
}

/// The files that lie beside the template.
fn linked(main: &str) -> Result<Translated, ArmError> {
    translate_with(main, None, Map::new(), place(), &|path| {
        match path {
        "modules/workspace.json" => Ok(include_str!("arm/linked/modules/workspace.json").to_owned()),
        "modules/compute.json" => Ok(include_str!("arm/linked/modules/compute.json").to_owned()),
        "modules/instance.parameters.json" => Ok(include_str!("arm/linked/modules/instance.parameters.json").to_owned()),
        "modules/itself.json" => Ok(json!({"resources": [{"type": "Microsoft.Resources/deployments", "name": "again", "properties": {"templateLink": {"relativePath": "itself.json"}}}]}).to_string()),
        "modules/broken.json" => Ok("{".to_owned()),
        _ => Err("there is no such file".to_owned()),
    }
    })
}

#[test]
fn templates_that_are_named_by_link_are_read_from_beside_the_template() {
    let done = linked(MAIN).expect("it is right");
    assert_eq!(
        names(&done),
        ["workspace churn-ml", "compute c0", "compute c1", "compute third"]
    );
    assert_eq!(done.outputs["name"]["value"], "churn-ml");
    assert!(
        done.resources[3].needs.contains(&"workspace churn-ml".to_owned()),
        "{:?}",
        done.resources[3]
    );
    assert!(done.resources.iter().all(|one| one.line.is_some()));
}

#[test]
fn a_link_that_can_not_be_followed_says_why_and_where() {
    for (link, said) in [
        (
            json!({"uri": "https://raw.example.org/nested/compute.json"}),
            "is not fetched: put the file beside the template",
        ),
        (
            json!({"relativePath": "../../keys/master.key"}),
            "outside of the folder",
        ),
        (
            json!({"relativePath": "modules/nothing.json"}),
            "failed to read `modules/nothing.json`: there is no such file",
        ),
        (
            json!({"relativePath": "modules/itself.json"}),
            "nest deeper than 8",
        ),
        (
            json!({"relativePath": "modules/broken.json"}),
            "`modules/broken.json` is no JSON",
        ),
        (
            json!({"relativePath": "modules/compute.json"}),
            "in modules/compute.json: parameter `workspace` has no value",
        ),
    ] {
        let template = json!({"resources": [{"type": "Microsoft.Resources/deployments", "name": "inner", "properties": {"templateLink": link}}]});
        let error = linked(&template.to_string()).expect_err(said).to_string();
        assert!(
            error.contains(said) && error.contains("resources[0].properties.templateLink"),
            "{error}"
        );
    }
}

#[test]
fn what_is_in_a_resource_by_its_symbol_is_made_and_what_is_not_made_is_listed() {
    let template = json!({"languageVersion": "2.0", "resources": {
        "ml": {"type": "Microsoft.MachineLearningServices/workspaces", "name": "churn", "properties": {}, "resources": {
            "cpu": {"type": "computes", "name": "cpu", "properties": {"computeType": "AmlCompute", "properties": {"vmPriority": "Spotty"}}},
        }},
        "off": {"type": "Microsoft.KeyVault/vaults", "name": "kv", "condition": false, "properties": {}, "resources": [
            {"type": "secrets", "name": "a", "properties": {"value": "x"}},
        ]},
    }});
    let done = translate(&template.to_string(), None, Map::new(), place()).expect("it is right");
    assert_eq!(names(&done), ["workspace churn", "compute cpu"]);
    let notes = format!("{:?}", done.notes);
    for listed in [
        "vaults kv",
        "1 in it are not made",
        "`spotty` has no meaning here",
    ] {
        assert!(notes.contains(listed), "{notes}");
    }
}

#[test]
fn networks_are_counted_as_the_documentation_of_azure_has_it() {
    let table: &[(&str, Value)] = &[
        ("[parseCidr('10.144.0.0/20').lastUsable]", json!("10.144.15.254")),
        ("[parseCidr('10.144.0.0/20').netmask]", json!("255.255.240.0")),
        ("[parseCidr('10.144.0.0/20').broadcast]", json!("10.144.15.255")),
        (
            "[parseCidr('fdad:3236:5555::/48').firstUsable]",
            json!("fdad:3236:5555::"),
        ),
        ("[cidrSubnet('10.144.0.0/20', 24, 0)]", json!("10.144.0.0/24")),
        ("[cidrSubnet('10.144.0.0/20', 24, 4)]", json!("10.144.4.0/24")),
        ("[cidrHost('10.144.3.0/24', 0)]", json!("10.144.3.1")),
        ("[cidrHost('10.144.3.0/24', 4)]", json!("10.144.3.5")),
    ];
    for (expression, wanted) in table {
        let template =
            json!({"resources": [], "outputs": {"found": {"type": "string", "value": expression}}});
        let done = translate(&template.to_string(), None, Map::new(), place()).expect(expression);
        assert_eq!(&done.outputs["found"]["value"], wanted, "{expression}");
    }
    for (expression, said) in [
        ("[cidrSubnet('10.0.0.0/24', 25, 2)]", "no network 2"),
        ("[cidrSubnet('10.0.0.0/24', 16, 0)]", "longer prefix"),
        ("[cidrSubnet('::/0', 128, 9223372036854775807)]", ""),
        ("[cidrHost('10.0.0.0/31', 2)]", "no such address"),
        ("[parseCidr('10.0.0.0/33')]", "no network"),
        ("[parseCidr('::/0').lastUsable]", ""),
        ("[parseCidr('0.0.0.0/0').lastUsable]", ""),
        ("[cidrHost('::/0', 1)]", ""),
    ] {
        let template =
            json!({"resources": [], "outputs": {"found": {"type": "string", "value": expression}}});
        let done = translate(&template.to_string(), None, Map::new(), place());
        assert_eq!(done.is_err(), !said.is_empty(), "{expression}: {done:?}");
        assert!(
            done.err().is_none_or(|error| error.message.contains(said)),
            "{expression}"
        );
    }
}
