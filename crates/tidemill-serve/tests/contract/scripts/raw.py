"""A script that takes the raw request, by the names that Azure's examples import."""
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    assert AMLRequest is not None


@rawhttp
def run(request):
    if request.method == "GET":
        return AMLResponse(
            {"path": request.path, "full": request.full_path, "args": request.args.to_dict(flat=False), "one": request.args.get("a")}, 200, json_str=True
        )
    if request.method == "POST":
        what = request.args.get("what")
        if what == "json":
            return {"json": request.get_json(), "is_json": request.is_json, "mimetype": request.mimetype}
        if what == "form":
            files = {name: [file.filename, file.read().decode()] for name, file in request.files.items()}
            return {"form": request.form.to_dict(), "files": files}
        if what == "fail":
            return AMLResponse("bad gateway", 502)
        if what == "image":
            return AMLResponse(request.get_data(), 201, {"Content-Type": "image/png", "X-Many": "a, b"})
        if what == "headers":
            return {"x": request.headers.get("x-own"), "y": request.headers["X-Own"], "z": request.headers.get("missing", "no"), "has": "X-OWN" in request.headers}
        body = request.get_data(as_text=True)
        return {"length": request.content_length, "text": body, "type": request.content_type}
    return AMLResponse("made " + request.method, 200)
