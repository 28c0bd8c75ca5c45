//! ARM templates as Bicep compiles them: symbols of loops, modules for other groups, types of one's own, and what is not Azure's own.

use serde_json::{Map, Value, json};
use tidemill_spec::arm::{Place, Translated, translate};

fn place() -> Place {
    Place {
        group: "flights".into(),
        location: "westeurope".into(),
        deployment: "test".into(),
        now_ms: 1_772_600_767_089,
    }
}

fn done(template: &Value) -> Result<Translated, String> {
    translate(&template.to_string(), None, Map::new(), place()).map_err(|error| error.to_string())
}

fn names(done: &Translated) -> Vec<String> {
    done.resources
        .iter()
        .map(|one| {
            format!(
                "{} {}/{}",
                one.kind,
                one.place.as_deref().unwrap_or_default(),
                one.name
            )
        })
        .collect()
}

fn notes(done: &Translated) -> String {
    done.notes
        .iter()
        .map(|note| format!("{}: {}\n", note.what, note.why))
        .collect()
}

const WORKSPACES: &str = "Microsoft.MachineLearningServices/workspaces";

/// Two clusters in a loop, a third that waits for the second, and what they say.
#[test]
fn one_of_a_loop_is_meant_by_its_symbol_and_place() {
    let template = json!({
        "languageVersion": "2.0", "contentVersion": "1.0.0.0",
        "resources": {
            "ws": {"type": WORKSPACES, "apiVersion": "2024-04-01", "name": "lab", "location": "x", "properties": {}},
            "clusters": {
                "copy": {"name": "clusters", "count": "[length(range(0, 2))]"},
                "type": format!("{WORKSPACES}/computes"), "apiVersion": "2024-04-01",
                "name": "[format('{0}/{1}', 'lab', format('c{0}', range(0, 2)[copyIndex()]))]",
                "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "[format('size{0}', copyIndex())]"}},
                "dependsOn": ["ws"],
            },
            "last": {
                "type": format!("{WORKSPACES}/computes"), "apiVersion": "2024-04-01", "name": "lab/last",
                "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "[reference(format('clusters[{0}]', 1)).properties.vmSize]"}},
                "dependsOn": ["[format('clusters[{0}]', 1)]"],
            },
        },
        "outputs": {
            "first": {"type": "string", "value": "[resourceInfo(format('clusters[{0}]', 0)).name]"},
            "all": {"type": "array", "copy": {"count": 2, "input": "[reference(format('clusters[{0}]', copyIndex())).properties.vmSize]"}},
        },
    });
    let done = done(&template).expect("it is right");
    assert_eq!(done.resources[3].spec["size"], "size1");
    assert!(
        done.resources[3].needs.contains(&"compute lab/c1".to_owned()),
        "{:?}",
        done.resources[3].needs
    );
    assert!(!done.resources[3].needs.contains(&"compute lab/c0".to_owned()));
    assert_eq!(done.outputs["first"]["value"], "lab/c0");
    assert_eq!(done.outputs["all"]["value"], json!(["size0", "size1"]));
}

/// `module` with `scope: resourceGroup(…)`, in a template for a subscription, and one for the subscription itself.
#[test]
fn modules_for_other_groups_are_found_by_the_ids_that_bicep_writes() {
    let inner = |name: &str| {
        json!({
            "contentVersion": "1.0.0.0", "parameters": {"location": {"type": "string"}},
            "resources": [{"type": WORKSPACES, "apiVersion": "2024-04-01", "name": name, "location": "[parameters('location')]", "properties": {}}],
            "outputs": {"id": {"type": "string", "value": format!("[resourceId('{WORKSPACES}', '{name}')]")}},
        })
    };
    let deployment = |name: &str, template: Value| {
        json!({
            "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": name,
            "properties": {"expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental",
                "parameters": {"location": {"value": "[parameters('location')]"}}, "template": template},
        })
    };
    let mut grouped = deployment("wsDeploy", inner("inside"));
    grouped["resourceGroup"] = json!("[parameters('group')]");
    grouped["dependsOn"] =
        json!(["[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('group'))]"]);
    let mut whole = deployment(
        "atSubscription",
        json!({"contentVersion": "1.0.0.0", "parameters": {"location": {"type": "string"}},
        "resources": [], "outputs": {"where": {"type": "string", "value": "[parameters('location')]"}}}),
    );
    whole["location"] = json!("[parameters('location')]");
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": {"group": {"type": "string", "defaultValue": "team-ml"}, "location": {"type": "string", "defaultValue": "[deployment().location]"}},
        "resources": [
            {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": "[parameters('group')]", "location": "[parameters('location')]"},
            grouped, whole,
        ],
        "outputs": {
            "id": {"type": "string", "value": "[reference(extensionResourceId(format('/subscriptions/{0}/resourceGroups/{1}', subscription().subscriptionId, parameters('group')), 'Microsoft.Resources/deployments', 'wsDeploy'), '2022-09-01').outputs.id.value]"},
            "where": {"type": "string", "value": "[reference(subscriptionResourceId('Microsoft.Resources/deployments', 'atSubscription'), '2022-09-01').outputs.where.value]"},
        },
    });
    let done = done(&template).expect("it is right");
    assert_eq!(names(&done), ["group /team-ml", "workspace team-ml/inside"]);
    assert_eq!(done.resources[1].needs, ["group team-ml"]);
    let id = done.outputs["id"]["value"].as_str().expect("a text");
    assert!(id.contains("/resourceGroups/team-ml/providers/"), "{id}");
    assert_eq!(done.outputs["where"]["value"], "westeurope");
}

#[test]
fn types_of_ones_own_hold_for_tuples_and_for_one_of_several_and_their_secrets_are_secrets() {
    let template = |source: Value, pair: Value| {
        json!({
            "languageVersion": "2.0", "contentVersion": "1.0.0.0",
            "definitions": {
                "byKey": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["key"]}, "key": {"type": "securestring"}}},
                "byName": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["name"]}, "name": {"type": "string"}}},
            },
            "parameters": {
                "source": {"type": "object", "defaultValue": source, "discriminator": {"propertyName": "kind",
                    "mapping": {"key": {"$ref": "#/definitions/byKey"}, "name": {"$ref": "#/definitions/byName"}}}},
                "pair": {"type": "array", "defaultValue": pair, "prefixItems": [{"type": "string"}, {"type": "int"}], "items": false},
            },
            "resources": {},
            "outputs": {"told": {"type": "string", "value": "[string(parameters('source'))]"}, "second": {"type": "int", "value": "[parameters('pair')[1]]"}},
        })
    };
    let fine = done(&template(
        json!({"kind": "key", "key": "hunter22"}),
        json!(["a", 2]),
    ))
    .expect("it is right");
    let told = fine.outputs["told"]["value"].to_string();
    assert!(!told.contains("hunter22") && told.contains("***"), "{told}");
    for (source, pair, said) in [
        (json!({"kind": "other"}), json!(["a", 2]), "may be key, name"),
        (json!({"name": "x"}), json!(["a", 2]), "lacks `kind`"),
        (json!({"kind": "name", "name": 7}), json!(["a", 2]), "source.name"),
        (json!({"kind": "name", "name": "x"}), json!(["a"]), "2 at least"),
        (
            json!({"kind": "name", "name": "x"}),
            json!(["a", 2, 3]),
            "2 are allowed",
        ),
        (json!({"kind": "name", "name": "x"}), json!(["a", "b"]), "pair[1]"),
    ] {
        let error = done(&template(source, pair)).expect_err(said);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn what_bicep_has_for_lists_zones_and_failures() {
    let told = |expression: &str| {
        let template = json!({"contentVersion": "1.0.0.0", "resources": [], "outputs": {"found": {"type": "string", "value": expression}}});
        done(&template).map(|done| done.outputs["found"]["value"].clone())
    };
    for (expression, wanted) in [
        ("[indexFromEnd(createArray('a', 'b', 'c'), 1)]", json!("c")),
        ("[tryIndexFromEnd(createArray('a', 'b'), 3)]", json!(null)),
        (
            "[tryIndexFromEnd(createArray(createObject('x', 1)), 1, 'x')]",
            json!(1),
        ),
        (
            "[tryGet(createObject('l', createArray(1, 2, 3)), 'l', createObject('value', 2, 'fromEnd', true()))]",
            json!(2),
        ),
        ("[sys.concat('a', 'b')]", json!("ab")),
        (
            "[toPhysicalZones(subscription().subscriptionId, 'westeurope', createArray('1', '2'))]",
            json!(["1", "2"]),
        ),
        ("[managementGroup().name]", json!("tidemill")),
        ("[if(true(), 'x', fail('never'))]", json!("x")),
        (
            "[listKeys('/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w', '2020-08-01').primarySharedKey]",
            json!(
                "unknown key of /subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
            ),
        ),
    ] {
        assert_eq!(told(expression), Ok(wanted), "{expression}");
    }
    assert!(
        told("[fail('no size fits')]")
            .expect_err("it fails")
            .contains("no size fits")
    );
    assert!(told("[indexFromEnd(createArray('a'), 2)]").is_err());
}

#[test]
fn what_other_providers_make_is_listed() {
    let template = json!({
        "languageVersion": "2.0", "contentVersion": "1.0.0.0",
        "imports": {"graph": {"provider": "MicrosoftGraph", "version": "1.0.0"}},
        "resources": {
            "team": {"import": "graph", "type": "Microsoft.Graph/groups@v1.0", "properties": {"uniqueName": "team", "displayName": "The team"}},
        },
        "outputs": {"name": {"type": "string", "value": "[reference('team').displayName]"}},
    });
    let done = done(&template).expect("it is right");
    assert!(done.resources.is_empty());
    assert!(
        notes(&done).contains("Microsoft.Graph/groups@v1.0 team: there is nothing like it here"),
        "{}",
        notes(&done)
    );
    assert_eq!(done.outputs["name"]["value"], "The team");
}

fn role(more: Value) -> Value {
    let mut properties =
        json!({"roleName": "Trainer", "permissions": [{"actions": [format!("{WORKSPACES}/jobs/write")]}]});
    properties
        .as_object_mut()
        .expect("a map")
        .extend(more.as_object().expect("a map").clone());
    json!({"contentVersion": "1.0.0.0", "resources": [
        {"type": "Microsoft.Authorization/roleDefinitions", "apiVersion": "2022-04-01", "name": "11111111-2222-3333-4444-555555555555", "properties": properties},
        {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "[guid('x')]",
         "properties": {"principalId": "ada", "principalType": "User",
            "roleDefinitionId": "[resourceId('Microsoft.Authorization/roleDefinitions', '11111111-2222-3333-4444-555555555555')]"}},
    ]})
}

#[test]
fn a_role_is_never_given_wider_than_the_template_says() {
    let elsewhere = "[resourceId('Microsoft.Storage/storageAccounts', 'lake')]";
    let nowhere = done(&role(json!({"assignableScopes": [elsewhere]}))).expect("it is read");
    assert!(nowhere.resources.is_empty(), "{:?}", nowhere.resources);
    assert!(
        notes(&nowhere).contains("could be given nowhere"),
        "{}",
        notes(&nowhere)
    );
    let here = done(&role(
        json!({"assignableScopes": [elsewhere, "[resourceGroup().id]"]}),
    ))
    .expect("it is read");
    assert_eq!(
        here.resources[0].spec["assignableScopes"],
        json!(["/groups/flights"])
    );
    assert_eq!(here.resources[1].spec["role"], "Trainer");
    let odd = done(&role(json!({"assignableScopes": [7]}))).expect_err("no text");
    assert!(odd.contains("a scope is a text"), "{odd}");
    let condition =
        json!([{"actions": ["*"], "condition": "@Resource[x] StringEquals 'y'", "conditionVersion": "2.0"}]);
    let error = done(&role(
        json!({"permissions": condition, "assignableScopes": ["/"]}),
    ))
    .expect_err("a condition");
    assert!(error.contains("under a `condition`"), "{error}");
}

#[test]
fn an_assignment_within_a_workspace_stays_within_it() {
    let given = |scope: &str| {
        let template = json!({"contentVersion": "1.0.0.0", "resources": [
            {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "[guid('x')]", "scope": scope,
             "properties": {"principalId": "ada", "roleDefinitionId": "Datastore Reader"}}]});
        let done = done(&template).expect("it is read");
        done.resources
            .first()
            .map(|one| one.spec["scope"].as_str().unwrap_or_default().to_owned())
    };
    for (scope, place) in [
        (
            "/workspaces/dev/datastores/lake/silver",
            Some("/workspaces/dev/datastores/lake/silver"),
        ),
        ("/workspaces/dev", Some("/workspaces/dev")),
        ("/workspaces/dev/datastores", None),
        (
            "[resourceId('Microsoft.MachineLearningServices/workspaces/datastores', 'Dev_A', 'lake')]",
            Some("/workspaces/dev-a/datastores/lake"),
        ),
        (
            "Microsoft.MachineLearningServices/workspaces/dev",
            Some("/workspaces/dev"),
        ),
        ("Microsoft.Storage/storageAccounts/lake", None),
        ("/somewhere", None),
    ] {
        assert_eq!(given(scope).as_deref(), place, "{scope}");
    }
}

#[test]
fn a_secret_of_a_key_that_is_not_known_is_not_made_and_a_secret_of_an_output_is_not_told() {
    let key = "[format('AccountKey={0}', listKeys(resourceId('Microsoft.Storage/storageAccounts', 'lake'), '2023-01-01').keys[0].value)]";
    let template = json!({"contentVersion": "1.0.0.0", "resources": [
        {"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-02-01", "name": "kv/conn", "tags": {"a": "b"}, "properties": {"value": key}},
        {"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-02-01", "name": "kv/plain", "tags": {"a": "b"}, "properties": {"value": "x"}},
    ], "outputs": {"conn": {"type": "securestring", "value": "[concat('a', 'b')]"}}});
    let done = done(&template).expect("it is read");
    assert_eq!(names(&done), ["secret flights/plain"]);
    assert!(
        notes(&done).contains("kv/conn: properties.value"),
        "{}",
        notes(&done)
    );
    assert!(notes(&done).contains("kv/plain: tags"), "{}", notes(&done));
    assert_eq!(done.outputs["conn"]["value"], "***");
}

#[test]
fn from_where_a_workspace_is_reached_is_kept() {
    let workspace = |properties: Value| {
        let template = json!({"contentVersion": "1.0.0.0", "resources": [
            {"type": WORKSPACES, "apiVersion": "2024-10-01", "name": "lab", "location": "x", "properties": properties}]});
        let done = done(&template).expect("it is read");
        (done.resources[0].spec["allowed_networks"].clone(), notes(&done))
    };
    assert_eq!(
        workspace(json!({"ipAllowlist": ["10.1.0.0/16", "10.2.0.7"]})).0,
        json!(["10.1.0.0/16", "10.2.0.7"])
    );
    let rules = json!([{"value": "192.0.2.0/24"}]);
    assert_eq!(
        workspace(json!({"networkAcls": {"defaultAction": "Deny", "ipRules": rules}})).0,
        json!(["192.0.2.0/24"])
    );
    for (acls, said) in [
        (
            json!({"defaultAction": "Deny", "ipRules": []}),
            "say in allowed_networks",
        ),
        (
            json!({"defaultAction": "Allow", "ipRules": rules}),
            "let in anyway",
        ),
    ] {
        let (networks, notes) = workspace(json!({"networkAcls": acls}));
        assert!(networks.is_null() && notes.contains(said), "{notes}");
    }
}
