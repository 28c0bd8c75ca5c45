//! ARM templates: expressions as Microsoft documents them, templates as a whole, and what is refused.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tidemill_spec::arm::{Place, Translated, translate};

fn place() -> Place {
    Place {
        group: "flights".into(),
        location: "westeurope".into(),
        deployment: "test".into(),
        // 2026-03-04T05:06:07.089Z
        now_ms: 1_772_600_767_089,
    }
}

/// What an expression comes to, as an output.
fn evaluated(expression: &str) -> Result<Value, String> {
    let template = json!({
        "parameters": {"list": {"type": "array", "defaultValue": ["one", "two"]}},
        "variables": {"o": {"a": {"b": 1}}, "text": "Tide"},
        "resources": [], "outputs": {"found": {"type": "string", "value": expression}},
    });
    let done = translate(&template.to_string(), None, Map::new(), place());
    done.map(|done| done.outputs["found"]["value"].clone())
        .map_err(|error| error.to_string())
}

#[test]
fn functions_give_what_their_documentation_says() {
    let table: &[(&str, Value)] = &[
        ("plain", json!("plain")),
        ("[[literal]", json!("[literal]")),
        ("[concat('a', 1, 'b')]", json!("a1b")),
        ("[concat(createArray('a'), createArray('b'))]", json!(["a", "b"])),
        ("[parameters('list')[1]]", json!("two")),
        ("[variables('o').a.b]", json!(1)),
        ("[variables('O').A['b']]", json!(1)),
        ("[length('abc')]", json!(3)),
        ("[length(parameters('list'))]", json!(2)),
        ("[toUpper(variables('text'))]", json!("TIDE")),
        ("[substring('two-three', 4, 5)]", json!("three")),
        ("[replace('123-123-1234', '-', '')]", json!("1231231234")),
        (
            "[split('one,two;three', createArray(',', ';'))]",
            json!(["one", "two", "three"]),
        ),
        ("[join(parameters('list'), '-')]", json!("one-two")),
        (
            "[format('{0}, {1}. {{0}} Formatted number: {2:N0}', 'Hello', 'User', 8175133)]",
            json!("Hello, User. {0} Formatted number: 8,175,133"),
        ),
        (
            "[format('{0:D3}-{1,4}|{2:X2}', 7, 'a', 255)]",
            json!("007-   a|FF"),
        ),
        ("[padLeft('123', 10, '0')]", json!("0000000123")),
        ("[if(equals(1, 1), 'yes', variables('none'))]", json!("yes")),
        ("[and(true(), not(false()), or(false(), true()))]", json!(true)),
        ("[coalesce(null(), json('null'), 'x')]", json!("x")),
        ("[json('{\"a\": [1, 2]}').a[1]]", json!(2)),
        ("[string(createObject('a', 1))]", json!("{\"a\":1}")),
        ("[int('42')]", json!(42)),
        ("[bool('True')]", json!(true)),
        ("[add(sub(mul(3, 4), div(9, 2)), mod(9, 4))]", json!(9)),
        ("[min(createArray(3, 1, 2))]", json!(1)),
        ("[max(3, 7)]", json!(7)),
        ("[range(5, 3)]", json!([5, 6, 7])),
        ("[union(createArray(1, 2), createArray(2, 3))]", json!([1, 2, 3])),
        (
            "[union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))]",
            json!({"a": {"x": 1, "y": 2}}),
        ),
        (
            "[intersection(createArray(1, 2, 3), createArray(2, 3, 4))]",
            json!([2, 3]),
        ),
        ("[first(skip(take(createArray(1, 2, 3), 2), 1))]", json!(2)),
        ("[last('abc')]", json!("c")),
        ("[indexOf('Test', 'T')]", json!(0)),
        ("[lastIndexOf('test', 'T')]", json!(3)),
        ("[contains(createObject('One', 1), 'one')]", json!(true)),
        ("[contains('abc', 'b')]", json!(true)),
        ("[empty('')]", json!(true)),
        ("[startsWith('abcdef', 'AB')]", json!(true)),
        (
            "[base64ToString(base64('one, two, three'))]",
            json!("one, two, three"),
        ),
        ("[base64('one, two, three')]", json!("b25lLCB0d28sIHRocmVl")),
        ("[uriComponentToString(uriComponent('a b/ü'))]", json!("a b/ü")),
        (
            "[uri('http://contoso.org/firstpath', 'myscript.sh')]",
            json!("http://contoso.org/myscript.sh"),
        ),
        ("[dataUriToString(dataUri('Hello'))]", json!("Hello")),
        ("[trim('  a ')]", json!("a")),
        ("[items(createObject('b', 2, 'a', 1))[0].key]", json!("a")),
        ("[tryGet(variables('o'), 'a', 'none')]", json!(null)),
        (
            "[flatten(createArray(createArray(1), createArray(2, 3)))]",
            json!([1, 2, 3]),
        ),
        ("[greaterOrEquals('b', 'a')]", json!(true)),
        ("[resourceGroup().name]", json!("flights")),
        (
            "[resourceId('Microsoft.Storage/storageAccounts', 'acc')]",
            json!(
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/flights/providers/Microsoft.Storage/storageAccounts/acc"
            ),
        ),
        (
            "[resourceId('other', 'Microsoft.Network/virtualNetworks/subnets', 'v', 's')]",
            json!(
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/other/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
            ),
        ),
        ("[length(uniqueString(resourceGroup().id))]", json!(13)),
        ("[equals(guid('a', 'b'), guid('a', 'b'))]", json!(true)),
        ("[equals(guid('a', 'b'), guid('ab'))]", json!(false)),
        (
            "[map(parameters('list'), lambda('x', toUpper(lambdaVariables('x'))))]",
            json!(["ONE", "TWO"]),
        ),
        (
            "[map(parameters('list'), lambda('x', 'at', concat(lambdaVariables('at'), lambdaVariables('x'))))]",
            json!(["0one", "1two"]),
        ),
        (
            "[filter(createArray(1, 2, 3), lambda('x', greater(lambdaVariables('x'), 1)))]",
            json!([2, 3]),
        ),
        (
            "[reduce(createArray(1, 2, 3), 10, lambda('sum', 'x', add(lambdaVariables('sum'), lambdaVariables('x'))))]",
            json!(16),
        ),
        (
            "[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]",
            json!([1, 2, 3]),
        ),
        (
            "[toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', length(lambdaVariables('x'))))]",
            json!({"a": 1, "b": 1}),
        ),
        (
            "[groupBy(createArray('a', 'bb', 'c'), lambda('x', string(length(lambdaVariables('x')))))]",
            json!({"1": ["a", "c"], "2": ["bb"]}),
        ),
        (
            "[mapValues(createObject('a', 1), lambda('x', add(lambdaVariables('x'), 1)))]",
            json!({"a": 2}),
        ),
        (
            "[map(createArray(1, 2), lambda('x', map(createArray(10), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))]",
            json!([[11], [12]]),
        ),
        (
            "[dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')]",
            json!("2023-04-07 14:53:14Z"),
        ),
        (
            "[dateTimeAdd('20200407T145314Z', '-P9D')]",
            json!("20200329T145314Z"),
        ),
        (
            "[length(dateTimeAdd('2020-04-07T14:53:14Z', 'PT1H', padLeft('y', 70000, 'y')))]",
            json!(16),
        ),
        (
            "[dateTimeAdd('2020-04-07T14:53:14Z', 'PT1H', 'yyyy/M/d h:mm tt')]",
            json!("2020/4/7 3:53 PM"),
        ),
        ("[dateTimeToEpoch('2023-05-02T15:16:13Z')]", json!(1_683_040_573)),
        ("[dateTimeFromEpoch(1683040573)]", json!("2023-05-02T15:16:13Z")),
        (
            "[pickZones('Microsoft.Compute', 'virtualMachines', 'westus2', 2)]",
            json!(["1", "2"]),
        ),
        ("[deployment().location]", json!("westeurope")),
    ];
    for (expression, wanted) in table {
        assert_eq!(evaluated(expression).as_ref(), Ok(wanted), "{expression}");
    }
}

#[test]
fn what_can_not_be_evaluated_says_why_and_where() {
    let table = [
        ("[variables('none')]", "there is no variable `none`"),
        ("[parameters('lst')]", "did you mean `list`?"),
        (
            "[cnocat('a')]",
            "there is no function `cnocat`; did you mean `concat`?",
        ),
        ("[utcNow()]", "stands in the default value of a parameter alone"),
        (
            "[map(createArray(1), 2)]",
            "a lambda is wanted, as in lambda('x', …)",
        ),
        (
            "[map(createArray(1), lambda('x', lambdaVariables('y')))]",
            "there is no lambda with `y` around it",
        ),
        (
            "[reduce(createArray(1), 0, lambda('a', 'b', 'c', 'd', 1))]",
            "the lambda takes 4 arguments, and 3 at most are there",
        ),
        ("[lambda('x', 1)]", "it stands in map()"),
        (
            "[dateTimeAdd('2020-01-01', '3 days')]",
            "is no duration of ISO 8601",
        ),
        ("[dateTimeAdd('soon', 'P1D')]", "`soon` is no moment"),
        (
            "[substring('a', 0, 9)]",
            "a text of 1 characters has no 9 from place 0",
        ),
        ("[div(1, 0)]", "1 and 0 give no whole number"),
        ("[add(9223372036854775807, 1)]", "give no whole number"),
        ("[variables('o').b]", "there is no property `b`"),
        ("[range(0, 100000)]", "10000 numbers at most"),
        (
            "[map(range(0, 10000), lambda('x', createObject('o', padLeft('', 100000))))]",
            "bytes of texts",
        ),
        ("[copyIndex()]", "there is no loop around it"),
        ("[reference('nothing')]", "there is no resource `nothing`"),
        ("[if('x', 1, 2)]", "a boolean is wanted, and this is a text"),
    ];
    for (expression, said) in table {
        let error = evaluated(expression).expect_err(expression);
        assert!(
            error.contains(said) && error.contains("outputs.found"),
            "{expression}: {error}"
        );
    }
}

#[test]
fn the_time_and_new_ids_stand_in_default_values() {
    let template = json!({
        "parameters": {
            "now": {"type": "string", "defaultValue": "[utcNow()]"},
            "day": {"type": "string", "defaultValue": "[utcNow('d')]"},
            "long": {"type": "string", "defaultValue": "[utcNow('dddd, d MMM yy HH:mm:ss.fff ''UTC'' zzz')]"},
            "one": {"type": "string", "defaultValue": "[newGuid()]"},
            "two": {"type": "string", "defaultValue": "[newGuid()]"},
        },
        "resources": [],
        "outputs": {"all": {"type": "array", "value": "[createArray(parameters('now'), parameters('day'), parameters('long'))]"},
            "differ": {"type": "bool", "value": "[not(equals(parameters('one'), parameters('two')))]"}},
    });
    let done = translate(&template.to_string(), None, Map::new(), place()).expect("it is right");
    assert_eq!(
        done.outputs["all"]["value"],
        json!([
            "20260304T050607Z",
            "03/04/2026",
            "Wednesday, 4 Mar 26 05:06:07.089 UTC +00:00"
        ])
    );
    assert_eq!(done.outputs["differ"]["value"], true);
}

/// What Bicep writes of a template with types, loops, modules and things that are there already.
fn symbolic(set: &[(&str, Value)]) -> Result<Translated, String> {
    let set: Map<String, Value> = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    translate(include_str!("arm/symbolic.json"), None, set, place()).map_err(|error| error.to_string())
}

#[test]
fn a_template_of_language_version_two_comes_to_the_kinds_here() {
    let done = symbolic(&[]).expect("it is right");
    let told: Vec<_> = done
        .resources
        .iter()
        .map(|one| format!("{} {:?} {}", one.kind, one.place, one.name))
        .collect();
    assert_eq!(
        told,
        [
            "workspace Some(\"flights\") churn-ml",
            "compute Some(\"churn-ml\") small",
            "compute Some(\"churn-ml\") large",
            "datastore Some(\"churn-ml\") lake",
            "secret Some(\"flights\") admin",
        ]
    );
    assert_eq!(
        (
            &done.resources[1].spec["max_instances"],
            &done.resources[2].spec["max_instances"]
        ),
        (&json!(2), &json!(1)),
        "what may be left out has its default"
    );
    assert_eq!(done.outputs["names"]["value"], json!(["small", "large"]));
    assert_eq!(done.outputs["big"]["value"], json!(["large"]));
    assert_eq!(done.outputs["vault"]["value"], done.outputs["again"]["value"]);
    assert_eq!(
        done.outputs["sizes"]["value"],
        json!(["Standard_DS2_v2", "Standard_DS4_v2"])
    );
    assert!(
        !format!("{done:?}").contains("correct-horse") || done.resources[4].spec["value"] == "correct-horse"
    );
    for (set, said) in [
        (
            ("computes", json!([{"name": "a", "size": "huge"}])),
            "parameter `computes[0].size` may be small, large",
        ),
        (
            ("computes", json!([{"name": "a"}])),
            "parameter `computes[0]` lacks `size`",
        ),
        (
            ("computes", json!([{"name": "a", "size": "small", "cores": 2}])),
            "parameter `computes[0]` has `cores`, which its type does not know",
        ),
        (
            ("prefix", json!("x")),
            "has a length of 1, and 2 to 12 is allowed",
        ),
    ] {
        let error = symbolic(&[set]).expect_err(said);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn definitions_in_a_circle_are_refused() {
    let template = json!({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
        "parameters": {"p": {"$ref": "#/definitions/a", "defaultValue": 1}}, "resources": []});
    let said = |template: &Value| {
        translate(&template.to_string(), None, Map::new(), place())
            .expect_err("wrong")
            .to_string()
    };
    assert!(said(&template).contains("name each other in a circle"));
    let mut gone = template;
    gone["parameters"]["p"]["$ref"] = json!("#/definitions/c");
    assert!(said(&gone).contains("there is no definition `#/definitions/c`"));
}

#[test]
fn a_template_for_a_subscription_makes_its_group_and_what_is_in_it() {
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
        "parameters": {"group": {"type": "string", "defaultValue": "team-ml"}},
        "resources": [
            {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": "[parameters('group')]",
             "location": "[deployment().location]", "tags": {"cost": "7"}},
            {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inside", "resourceGroup": "[parameters('group')]",
             "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('group'))]"],
             "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": {"resources": [
                {"type": "Microsoft.MachineLearningServices/workspaces", "apiVersion": "2023-04-01", "name": "inside-ws",
                 "location": "[resourceGroup().location]", "properties": {}}]}}},
        ],
    });
    let done = translate(&template.to_string(), None, Map::new(), place()).expect("it is right");
    let told: Vec<_> = done
        .resources
        .iter()
        .map(|one| format!("{} {:?} {}", one.kind, one.place, one.name))
        .collect();
    assert_eq!(
        told,
        ["group None team-ml", "workspace Some(\"team-ml\") inside-ws"]
    );
    assert_eq!(
        done.resources[0].spec,
        json!({"location": "westeurope", "tags": {"cost": "7"}})
    );
    assert_eq!(done.resources[1].needs, ["group team-ml"]);
}

#[test]
fn datastores_as_they_were_written_at_first() {
    let template = |kind: &str, properties: Value| {
        let mut all = json!({"DataStoreType": kind, "SkipValidation": true, "AccountName": "acc", "Endpoint": "", "Protocol": "https"});
        if let (Some(all), Some(more)) = (all.as_object_mut(), properties.as_object()) {
            all.extend(more.clone());
        }
        let text = json!({"resources": [{"type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "apiVersion": "2020-05-01-preview", "name": "ws/lake", "properties": all}]});
        translate(&text.to_string(), None, Map::new(), place()).expect("it is right")
    };
    let blob = template(
        "blob",
        json!({"ContainerName": "raw", "AccountKey": "a2V5", "SasToken": "", "SubscriptionId": "x"}),
    );
    assert_eq!(
        blob.resources[0].spec,
        json!({"type": "azure_blob", "container_name": "raw", "account_name": "acc", "protocol": "https", "credentials": {"account_key": "a2V5"}})
    );
    assert!(
        blob.notes
            .iter()
            .any(|note| note.what.ends_with("SubscriptionId"))
    );
    let lake = template(
        "adls-gen2",
        json!({"FileSystem": "gold", "TenantId": "t", "ClientId": "c", "ClientSecret": "s3cret"}),
    );
    assert_eq!(lake.resources[0].spec["credentials"]["client_secret"], "s3cret");
    assert_eq!(lake.resources[0].spec["filesystem"], "gold");
    let table = template("sqldb", json!({"DatabaseName": "d"}));
    assert!(table.resources.is_empty() && table.notes[0].why.contains("of type sqldb"));
}

#[test]
fn nothing_goes_round_without_end() {
    let whole = |template: Value| {
        translate(&template.to_string(), None, Map::new(), place())
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let circle = json!({"variables": {"a": "[variables('b')]", "b": "[concat('x', variables('a'))]"}, "resources": [],
        "outputs": {"o": {"type": "string", "value": "[variables('a')]"}}});
    assert!(
        whole(circle)
            .expect_err("a circle")
            .contains("variable `a` refers to itself")
    );
    let parameters = json!({"parameters": {"a": {"type": "string", "defaultValue": "[parameters('a')]"}}, "resources": []});
    assert!(
        whole(parameters)
            .expect_err("a circle")
            .contains("parameter `a` refers to itself")
    );
    // Each doubles the one before: 2^40 letters.
    let mut variables = json!({"v0": "xxxxxxxxxxxxxxxx"});
    for n in 1..40 {
        variables[format!("v{n}")] = json!(format!(
            "[concat(variables('v{}'), variables('v{}'))]",
            n - 1,
            n - 1
        ));
    }
    let doubled = json!({"variables": variables, "resources": [], "outputs": {"o": {"type": "string", "value": "[variables('v39')]"}}});
    assert!(whole(doubled).expect_err("too long").contains("bytes"));
    let loops = json!({"resources": [], "outputs": {"o": {"type": "array", "copy": {"count": 10_000, "input": {
        "copy": [{"name": "inner", "count": 10_000, "input": "[copyIndex('inner')]"}]}}}}});
    assert!(whole(loops).expect_err("too much").contains("steps"));
    let refers = json!({"resources": [
        {"type": "A.B/c", "name": "x", "apiVersion": "1", "properties": {"p": "[reference('y').p]"}},
        {"type": "A.B/c", "name": "y", "apiVersion": "1", "properties": {"p": "[reference('x').p]"}},
    ]});
    assert!(whole(refers).expect_err("a circle").contains("refers to itself"));
    let mut nested = json!({"resources": []});
    for _ in 0..12 {
        nested = json!({"resources": [{"type": "Microsoft.Resources/deployments", "name": "n", "apiVersion": "1",
            "properties": {"mode": "Incremental", "template": nested}}]});
    }
    assert!(whole(nested).expect_err("too deep").contains("nest deeper"));
}

fn quickstart(set: &[(&str, Value)]) -> Result<Translated, String> {
    let set: Map<String, Value> = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let (template, parameters) = (
        include_str!("arm/workspace.json"),
        include_str!("arm/parameters.dev.json"),
    );
    translate(template, Some(parameters), set, place()).map_err(|error| error.to_string())
}

#[test]
fn a_workspace_with_all_around_it_comes_to_the_kinds_here() {
    let done = quickstart(&[("scientists", json!(["analysts"]))]).expect("it is right");
    let told: Vec<_> = done
        .resources
        .iter()
        .map(|one| format!("{} {:?} {}", one.kind, one.place, one.name))
        .collect();
    assert_eq!(
        told,
        [
            "secret Some(\"flights\") database-password",
            "workspace Some(\"flights\") flights-dev",
            "compute Some(\"flights-dev\") cpu-cluster",
            "datastore Some(\"flights-dev\") raw_dev",
            "datastore Some(\"flights-dev\") gold_dev",
            "role None Template Watcher",
            "assignment None ",
        ]
    );
    let compute = &done.resources[2];
    assert_eq!(
        compute.spec,
        json!({
            "type": "amlcompute", "location": "westeurope", "size": "Standard_DS3_v2", "tier": "dedicated", "min_instances": 0, "max_instances": 2,
            "idle_time_before_scale_down": 120, "ssh_settings": {"admin_username": "mlops"},
            "network_settings": {"vnet_name": "vnet-ml", "subnet": "default"}, "ssh_public_access_enabled": false,
        })
    );
    assert_eq!(compute.needs, ["workspace flights-dev"]);
    assert_eq!(compute.line, Some(110));
    assert_eq!(
        done.resources[6].spec,
        json!({"principal": "team:analysts", "role": "Data Scientist", "scope": "/workspaces/flights-dev"})
    );
    assert_eq!(
        done.resources[5].spec["assignableScopes"],
        json!(["/groups/flights"])
    );
    assert!(!format!("{done:?}").contains("correct-horse"));
    // Nothing is dropped in silence.
    let notes: Vec<&str> = done.notes.iter().map(|note| note.what.as_str()).collect();
    for kind in [
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults ",
        "Microsoft.ContainerRegistry/registries",
        "Microsoft.Insights/components",
    ] {
        assert!(
            notes.iter().any(|note| note.starts_with(kind)),
            "{kind}: {notes:?}"
        );
    }
    for field in [
        "v1LegacyMode",
        "properties.credentials",
        "userAccountCredentials.adminUserPassword",
        "subnet",
        "identity",
        "second-cluster",
    ] {
        assert!(
            notes.iter().any(|note| note.contains(field)),
            "{field}: {notes:?}"
        );
    }
    assert_eq!(done.outputs["clusterSize"]["value"], "Standard_DS3_v2");
    assert!(
        done.outputs["blob"]["value"]
            .as_str()
            .is_some_and(|url| url.ends_with(".blob.core.windows.net/"))
    );
}

#[test]
fn conditions_nested_deployments_and_limits_of_parameters_hold() {
    let done = quickstart(&[("stage", json!("prd")), ("maxNodes", json!(4))]).expect("it is right");
    let large = done
        .resources
        .iter()
        .find(|one| one.name == "large")
        .expect("the nested one");
    assert_eq!(
        (large.place.as_deref(), &large.spec["max_instances"]),
        (Some("flights-prd"), &json!(8))
    );
    assert!(large.needs.contains(&"workspace flights-prd".to_owned()));
    for (set, said) in [
        (
            ("stage", json!("prod")),
            "parameter `stage` may be dev, test, prd",
        ),
        (
            ("maxNodes", json!(0)),
            "parameter `maxNodes` is 0, and 1 to 100 is allowed",
        ),
        (
            ("maxNodes", json!("2")),
            "parameter `maxNodes` is of type int, and this is a text",
        ),
        (
            ("baseName", json!("ab")),
            "has a length of 2, and 3 to 20 is allowed",
        ),
        (("basename2", json!("x")), "the template has none of this name"),
    ] {
        let error = quickstart(&[set]).expect_err(said);
        assert!(error.contains(said), "{error}");
    }
    let error = translate(include_str!("arm/workspace.json"), None, Map::new(), place())
        .expect_err("no values")
        .to_string();
    assert!(
        error.contains("parameter `baseName` has no value") && error.contains("line 6"),
        "{error}"
    );
}

#[test]
fn a_secret_is_refused_where_it_would_be_shown_and_masked_in_outputs() {
    let template = |field: &str| {
        json!({"parameters": {"p": {"type": "securestring"}}, "resources": [{
            "type": "Microsoft.MachineLearningServices/workspaces", "apiVersion": "1", "name": "w", "location": "x", "properties": {field: "[parameters('p')]"}}],
            "outputs": {"o": {"type": "string", "value": "[concat('pass:', parameters('p'))]"}}})
    };
    let set: Map<String, Value> = [("p".to_owned(), json!("hush-hush"))].into_iter().collect();
    let error = translate(&template("description").to_string(), None, set.clone(), place())
        .expect_err("shown")
        .to_string();
    assert!(
        error.contains("`description` of workspace w holds the value of a parameter that is a secret")
            && !error.contains("hush"),
        "{error}"
    );
    let done = translate(&template("v1LegacyMode").to_string(), None, set, place()).expect("not shown");
    assert_eq!(done.outputs["o"]["value"], "pass:***");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_expression_makes_it_panic_or_hang(
        text in "\\[(concat|if|format|split|substring|range|variables|json|reference|copyIndex|union|padLeft|replace|items|uri|take|int|resourceId)?(\\(|\\)|'[a-z{}:,0-9]{0,5}'|,|[0-9]{1,20}|-[0-9]|\\.[a-z]|\\[0\\]|true\\(\\)|createArray\\(1,'a'\\)){0,12}\\)?\\]"
    ) {
        let _ = evaluated(&text);
    }

    #[test]
    fn no_template_makes_it_panic(text in "[\\[\\]{}\",:a-z0-9\\\\/* \n]{0,80}") {
        let _ = translate(&text, Some(&text), Map::new(), place());
    }
}
