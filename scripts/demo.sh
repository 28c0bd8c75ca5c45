#!/usr/bin/env bash
# The demo: from raw data to a model that answers in PRD. Builds, starts a server, and runs examples/flights through it.
# In a terminal the server stays up until Ctrl-C; without one, or with CI=true, the demo ends by itself.
# Run again, it goes on in the same data folder (.demo/) and reuses what has not changed. `rm -rf .demo` starts anew.
set -euo pipefail
cd "$(dirname "$0")/.."

data_dir=${DEMO_DIR:-.demo/data}
port=${DEMO_PORT:-5757}
target=${CARGO_TARGET_DIR:-target}
flights=examples/flights

if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; else bold='' plain=''; fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

say "Building the studio and tidemill (the first time takes minutes)"
scripts/ui.sh || echo "demo: the studio could not be built; the demo goes on without its page" >&2
cargo build --quiet --package tidemill 2>&1 || cargo build --package tidemill
tidemill=$target/debug/tidemill

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "demo: port $port is taken; choose another with DEMO_PORT=5858 make demo" >&2
  exit 1
fi

say "Starting the server on port $port, with its data in $data_dir"
mkdir -p "$data_dir"
"$tidemill" server start --data-dir "$data_dir" --listen "127.0.0.1:$port" --environment-policy relaxed \
  >"$data_dir/../server.log" 2>&1 &
server=$!
stop() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT TERM
export TIDEMILL_URL=http://127.0.0.1:$port
TIDEMILL_TOKEN=
for _ in $(seq 100); do
  if [ -s "$data_dir/keys/owner.token" ] && "$tidemill" workspace list >/dev/null 2>&1; then break; fi
  kill -0 "$server" 2>/dev/null || { cat "$data_dir/../server.log" >&2; exit 1; }
  sleep 0.1
done
sed -n 's/^ *jobs *isolation: */Jobs are kept apart by /p' "$data_dir/../server.log"
TIDEMILL_TOKEN=$(cat "$data_dir/keys/owner.token")
export TIDEMILL_TOKEN

say "DEV, TEST and PRD, their people and their gates, from files"
apply() { "$tidemill" infra apply -f "$1" --yes "${@:2}" >"$data_dir/../infra.log" 2>&1 || { cat "$data_dir/../infra.log" >&2; exit 1; }; }
apply $flights/infrastructure/shared
stage() {
  mkdir -p "$data_dir/../lake/$1"
  printf '%s\n' --parameters "$flights/infrastructure/parameters/$1.yaml" --set "data=$(cd "$data_dir/../lake/$1" && pwd)"
}
for stage in dev test; do
  mapfile -t options < <(stage $stage)
  apply $flights/infrastructure/stage "${options[@]}"
done
mapfile -t options < <(stage prd)
plan=$("$tidemill" infra plan -f $flights/infrastructure/stage "${options[@]}" --query id -o tsv)
echo "PRD wants that TEST has passed the same files, and that somebody of flights-operations agrees. Olivia does:"
olivia=$("$tidemill" token create --principal user:olivia --label demo --query token -o tsv)
TIDEMILL_TOKEN=$olivia "$tidemill" infra approve "$plan" --comment "for the demo" \
  --query "gates[].join(' ', [stage, gate, verdict])" -o tsv
"$tidemill" infra apply "$plan" >"$data_dir/../infra.log" 2>&1 || { cat "$data_dir/../infra.log" >&2; exit 1; }
"$tidemill" workspace list --query "[?starts_with(name, 'flights-')].{workspace: name, stage: stage}" -o table
export TIDEMILL_WORKSPACE=flights-dev

say "The environment, as YAML"
"$tidemill" environment create -f $flights/environments/training.yml --query "join(':', [name, version])" -o tsv

say "Data: January to March arrive, and are the baseline"
fetch() { "$tidemill" job create -f $flights/code/pipelines/fetch.yml --set inputs.months="$1" --stream; }
fetch 1-3
"$tidemill" data baseline set --name flights --version 1 --query "join(' is version ', [label, version])" -o tsv

say "Months arrive: each is compared with the baseline, and leaves its figures in the history"
for months in 1-6 1-7 1-8; do
  fetch $months
  "$tidemill" job create -f $flights/code/pipelines/arrival.yml --stream
done
"$tidemill" data list --name flights
"$tidemill" data history flights-arrived --verdicts -o table
"$tidemill" data query 'select month, count(*) as flights, round(avg(arr_delay), 1) as delay from "flights/flights" group by month order by month' -o table

say "Summer: what has drifted in two months in a row"
"$tidemill" data history flights-arrived --alarms -o table
"$tidemill" data history flights-arrived --drift --column arr_delay -o table
alarms=$("$tidemill" data history flights-arrived --alarms --column arr_delay --query "length(@)")
if [ "${alarms:-0}" -eq 0 ]; then
  echo "demo: the delays of June and July raised no alarm" >&2
  exit 1
fi

say "The pipeline: validate, prepare, train, evaluate, register"
name=flights-$(date +%Y%m%d-%H%M%S)
"$tidemill" job create -f $flights/code/pipelines/training.yml --name "$name" --stream

say "What came of it"
version=$("$tidemill" model list --name flights-delay --query "[0].version" -o tsv)
echo "metrics of the evaluation:"
"$tidemill" job show --name "${name}_evaluate" --query metrics -o yaml | sed 's/^/  /'
echo "model version:"
"$tidemill" model show --name flights-delay --version "$version"
echo "where it comes from:"
"$tidemill" model lineage --name flights-delay --version "$version"

say "The same again: nothing changed, so every step that may be reused is"
"$tidemill" job create -f $flights/code/pipelines/training.yml --name "$name-again" --stream
"$tidemill" job list --parent-job-name "$name-again" --query "[].{step: node, status: status, reused_from: reused_from}" -o table
reused=$("$tidemill" job list --parent-job-name "$name-again" --query "length([?reused_from])" -o tsv)
if [ "${reused:-0}" -eq 0 ]; then
  echo "demo: no step was reused, though nothing changed between the two runs" >&2
  exit 1
fi

say "The model is held against validation.yml, scored by the scoring script that will answer"
"$tidemill" model validate --name flights-delay --version "$version" --validation $flights/code/modeling/validation.yml \
  --data azureml:flights@latest --report "$data_dir/../model-report.html" --query state -o tsv
"$tidemill" model metrics --name flights-delay --version "$version" --query "[].{version: version, state: state, data: data, roc_auc: roc_auc, log_loss: log_loss}" -o table

say "It answers in DEV"
"$tidemill" online-endpoint show --name flights >/dev/null 2>&1 || "$tidemill" online-endpoint create -f $flights/endpoints/endpoint.yml --query scoring_uri -o tsv
"$tidemill" online-deployment create -f $flights/endpoints/blue.yml --all-traffic --query provisioning_state -o tsv

say "One door to PRD: the release goes through TEST, its system test, load, and its gates"
"$tidemill" release create -f $flights/releases/release.yml --query "join(':', [name, to_string(number)])" -o tsv
"$tidemill" release promote flights -o none
"$tidemill" release promote flights -o none
"$tidemill" release plan flights
echo "Olivia, who answers for PRD and did not make it, agrees:"
TIDEMILL_TOKEN=$olivia "$tidemill" release approve flights --comment "for the demo" --query "join(':', [name, to_string(number)])" -o tsv
for _ in $(seq 240); do
  state=$("$tidemill" release show flights --query "stages[?stage=='PRD'].state | [0]" -o tsv)
  case "$state" in Live | Failed | Rejected | RolledBack) break ;; esac
  sleep 0.5
done
if [ "$state" != Live ]; then
  "$tidemill" release show flights --query "stages[?stage=='PRD']" -o yaml >&2
  echo "demo: the release did not reach PRD" >&2
  exit 1
fi
echo "In PRD, two flights are asked about: how likely is each to land late?"
"$tidemill" online-endpoint invoke -w flights-prd --name flights --request-file $flights/endpoints/request.json
"$tidemill" release history -w flights-prd --query "[].{release: release, kind: kind, who: who}" -o table

say "Look at it"
echo "  studio    $TIDEMILL_URL/ui/workspaces/$TIDEMILL_WORKSPACE/jobs/$name"
echo "  model     $TIDEMILL_URL/ui/workspaces/$TIDEMILL_WORKSPACE/models/flights-delay"
echo "  report    $data_dir/../model-report.html"
echo "  MLflow    MLFLOW_TRACKING_URI=$TIDEMILL_URL/workspaces/$TIDEMILL_WORKSPACE"
echo "  CLI       $tidemill job show -w $TIDEMILL_WORKSPACE --name $name"
if [ -t 1 ] && [ -z "${CI:-}" ]; then
  echo "The server stays up until Ctrl-C."
  wait "$server"
fi
