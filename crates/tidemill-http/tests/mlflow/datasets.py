"""Datasets for evaluating, with MLflow's own client."""

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.genai.datasets import create_dataset, delete_dataset, get_dataset, search_datasets

client = MlflowClient()
exp = client.create_experiment("evals")
other = client.create_experiment("more-evals")


def refused(code, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        assert text in str(error), str(error)
        return
    raise AssertionError(f"{call} was not refused")


data = create_dataset(name="questions", experiment_id=[exp], tags={"team": "blue", "mlflow.user": "ann"})
assert data.dataset_id.startswith("d-") and data.tags["team"] == "blue"
assert data.created_by == "ann" and data.experiment_ids == [exp]
again = get_dataset(dataset_id=data.dataset_id)
assert again.name == "questions" and again.experiment_ids == [exp]

records = [
    {"inputs": {"q": "one", "n": 1}, "expectations": {"a": "x"}, "tags": {"k": "v"}},
    {"inputs": {"q": "two", "n": None}, "outputs": {"a": 2.5}},
]
data = data.merge_records(records)
frame = get_dataset(dataset_id=data.dataset_id).to_df()
assert len(frame) == 2 and frame.iloc[0]["inputs"] == {"q": "one", "n": 1}, frame
assert frame.iloc[1]["inputs"] == {"q": "two", "n": None}
data.merge_records([{"inputs": {"n": 1, "q": "one"}, "expectations": {"b": "y"}}])
frame = get_dataset(dataset_id=data.dataset_id).to_df()
assert len(frame) == 2 and frame.iloc[0]["expectations"] == {"a": "x", "b": "y"}, frame
told = get_dataset(dataset_id=data.dataset_id)
assert '"num_records": 2' in told.profile and '"q": "string"' in told.schema, (told.profile, told.schema)

second = create_dataset(name="answers", experiment_id=[other])
names = lambda found: [d.name for d in found]
assert names(search_datasets(experiment_ids=[exp])) == ["questions"]
assert set(names(search_datasets())) == {"questions", "answers"}
assert names(search_datasets(filter_string="name LIKE 'q%'")) == ["questions"]
assert names(search_datasets(filter_string="tags.team = 'blue'")) == ["questions"]
assert names(search_datasets(order_by=["name ASC"])) == ["answers", "questions"]
refused("INVALID_PARAMETER_VALUE", "Invalid attribute key", client.search_datasets, filter_string="nope = 'x'")
page = client.search_datasets(max_results=1)
assert page.token and len(client.search_datasets(max_results=1, page_token=page.token)) == 1

client.set_dataset_tags(data.dataset_id, {"team": "red", "new": "1"})
assert get_dataset(dataset_id=data.dataset_id).tags["team"] == "red"
client.delete_dataset_tag(data.dataset_id, "new")
assert "new" not in get_dataset(dataset_id=data.dataset_id).tags
client.add_dataset_to_experiments(data.dataset_id, [other])
assert set(get_dataset(dataset_id=data.dataset_id).experiment_ids) == {exp, other}
client.remove_dataset_from_experiments(data.dataset_id, [exp])
assert get_dataset(dataset_id=data.dataset_id).experiment_ids == [other]
refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id=999", client.add_dataset_to_experiments, data.dataset_id, ["999"])
delete_dataset(dataset_id=data.dataset_id)
refused("RESOURCE_DOES_NOT_EXIST", "not found", get_dataset, dataset_id=data.dataset_id)
