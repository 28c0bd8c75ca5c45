"""The requests with which two scoring servers are compared: name, script, method, target, headers, body."""
JSON = {"Content-Type": "application/json"}
LONG = "x" * 101
FORM = (
    b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--cut\r\nContent-Disposition: form-data; name="f"; '
    b'filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nin the file\r\n--cut--\r\n'
)
DEEP = b"[" * 100_000 + b"]" * 100_000
SWAGGER = ["", "?version=2", "?version=2.0", "?version=3", "?version=3.0", "?version=3.1", "?version=4", "?version="]


def do(what, **more):
    import json

    return json.dumps({"do": what, **more}).encode()


CASES = [
    ("health", "echo.py", "GET", "/", {}, None),
    ("health_head", "echo.py", "HEAD", "/", {}, None),
    ("health_options", "echo.py", "OPTIONS", "/", {}, None),
    ("health_post", "echo.py", "POST", "/", {}, b""),
    ("health_ids", "echo.py", "GET", "/", {"x-request-id": "one"}, None),
    ("score", "echo.py", "POST", "/score", JSON, b'{"a": [1, 2.5, "\\u00e9"]}'),
    ("score_text", "echo.py", "POST", "/score", {"Content-Type": "text/plain"}, "é is text".encode()),
    ("score_no_type", "echo.py", "POST", "/score", {}, b"[1]"),
    ("score_form_type", "echo.py", "POST", "/score", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=1"),
    ("score_empty", "echo.py", "POST", "/score", JSON, b""),
    ("score_not_utf8", "echo.py", "POST", "/score", JSON, b'"\xff\xfe"'),
    ("score_deep", "echo.py", "POST", "/score", JSON, DEEP),
    ("score_string", "echo.py", "POST", "/score", JSON, b'"text"'),
    ("score_get", "echo.py", "GET", "/score?a=1&b=[1,2]&c=a&d=null&e=", {}, None),
    ("score_get_repeated", "echo.py", "GET", "/score?foo=bar1&foo=bar2&x=y%20z+w&%C3%A9=%ff", {}, None),
    ("score_get_none", "echo.py", "GET", "/score", {}, None),
    ("score_options", "echo.py", "OPTIONS", "/score", {}, None),
    ("score_head", "echo.py", "HEAD", "/score", {}, None),
    ("score_put", "echo.py", "PUT", "/score", JSON, b"{}"),
    ("score_delete", "echo.py", "DELETE", "/score", {}, None),
    ("score_slash", "echo.py", "POST", "/score/", JSON, b"{}"),
    ("score_raise", "echo.py", "POST", "/score", JSON, do("raise")),
    ("score_none", "echo.py", "POST", "/score", JSON, do("none")),
    ("score_nan", "echo.py", "POST", "/score", JSON, do("nan")),
    ("score_object", "echo.py", "POST", "/score", JSON, do("object")),
    ("score_bytes", "echo.py", "POST", "/score", JSON, do("bytes")),
    ("score_tuple", "echo.py", "POST", "/score", JSON, do("tuple")),
    ("score_timeout", "echo.py", "POST", "/score", JSON, do("sleep", s=3)),
    ("score_answer", "echo.py", "POST", "/score", JSON, do("answer", message="made", status=202, headers={"X-Own": "1,2", "Content-Type": "text/csv"})),
    ("score_answer_500", "echo.py", "POST", "/score", JSON, do("answer", message="broken", status=503)),
    ("score_answer_json", "echo.py", "POST", "/score", JSON, do("answer", message={"a": 1}, status=400, json=True)),
    ("score_answer_none", "echo.py", "POST", "/score", JSON, do("answer", message=None, status=204)),
    ("ids_own", "echo.py", "POST", "/score", {**JSON, "x-request-id": "r1", "x-ms-request-id": "m1", "x-ms-client-request-id": "c1"}, b"1"),
    ("ids_client", "echo.py", "POST", "/score", {**JSON, "x-ms-client-request-id": "c1"}, b"1"),
    ("ids_legacy", "echo.py", "POST", "/score", {**JSON, "x-ms-request-id": "m1"}, b"1"),
    ("ids_request", "echo.py", "POST", "/score", {**JSON, "x-request-id": "r1"}, b"1"),
    ("ids_long", "echo.py", "POST", "/score", {**JSON, "x-request-id": LONG}, b"1"),
    ("ids_client_long", "echo.py", "POST", "/score", {**JSON, "x-ms-client-request-id": LONG}, b"1"),
    ("ids_legacy_long", "echo.py", "POST", "/score", {**JSON, "x-ms-request-id": LONG}, b"1"),
    ("ids_empty", "echo.py", "POST", "/score", {**JSON, "x-request-id": ""}, b"1"),
    ("ids_empty_client", "echo.py", "POST", "/score", {**JSON, "x-ms-client-request-id": "", "x-request-id": "r1"}, b"1"),
    ("trace_id", "echo.py", "POST", "/score", {**JSON, "TraceId": "t1"}, b"1"),
    ("cors", "echo.py", "POST", "/score", {**JSON, "Origin": "http://www.example.org"}, b"1"),
    ("cors_other", "echo.py", "POST", "/score", {**JSON, "Origin": "http://other.example.org"}, b"1"),
    ("cors_options", "echo.py", "OPTIONS", "/score", {"Origin": "http://www.example.org", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type, x-own"}, None),
    ("cors_options_other", "echo.py", "OPTIONS", "/score", {"Origin": "http://other.example.org", "Access-Control-Request-Method": "POST"}, None),
    ("cors_options_method", "echo.py", "OPTIONS", "/score", {"Origin": "http://www.example.org", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-own"}, None),
    ("cors_health", "echo.py", "GET", "/", {"Origin": "http://www.example.org"}, None),
    ("unknown", "echo.py", "GET", "/unknown", {"x-request-id": "r1"}, None),
    ("swagger_post", "echo.py", "POST", "/swagger.json", {}, b""),
    ("headers", "headers.py", "POST", "/score", {**JSON, "x-own": "1", "X-Ms-Client-Request-Id": "c"}, b"[1]"),
    ("headers_get", "headers.py", "GET", "/score?a=1", {"x-own": "1"}, None),
    ("flask_jsonify", "flaskish.py", "POST", "/score", JSON, b'"jsonify"'),
    ("flask_make", "flaskish.py", "POST", "/score", JSON, b'"make"'),
    ("flask_stream", "flaskish.py", "POST", "/score", JSON, b'"stream"'),
    ("flask_request", "flaskish.py", "POST", "/score?a=1", {**JSON, "x-own": "mine"}, b'"request"'),
    ("flask_bad", "flaskish.py", "POST", "/score", JSON, b"no json"),
    ("raw_get", "raw.py", "GET", "/score?a=1&a=2&b=%C3%A9", {}, None),
    ("raw_post", "raw.py", "POST", "/score", {"Content-Type": "text/plain; charset=utf-8"}, "é".encode()),
    ("raw_json", "raw.py", "POST", "/score?what=json", JSON, b'{"a": 1}'),
    ("raw_json_bad", "raw.py", "POST", "/score?what=json", JSON, b'{"a": '),
    ("raw_json_no_type", "raw.py", "POST", "/score?what=json", {"Content-Type": "text/plain"}, b'{"a": 1}'),
    ("raw_form", "raw.py", "POST", "/score?what=form", {"Content-Type": "multipart/form-data; boundary=cut"}, FORM),
    ("raw_form_urlencoded", "raw.py", "POST", "/score?what=form", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=1&b=x+y"),
    ("raw_fail", "raw.py", "POST", "/score?what=fail", {}, b""),
    ("raw_image", "raw.py", "POST", "/score?what=image", {}, b"\x89PNG\x00\xff"),
    ("raw_headers", "raw.py", "POST", "/score?what=headers", {"x-own": "mine"}, b""),
    ("raw_options", "raw.py", "OPTIONS", "/score", {}, None),
    ("raw_put", "raw.py", "PUT", "/score", {}, b""),
    ("schema", "schema.py", "POST", "/score", JSON, b'{"data": [[1, 2, 3]], "factor": 3}'),
    ("schema_default", "schema.py", "POST", "/score", JSON, b'{"data": [[1, 2, 3]]}'),
    ("schema_charset", "schema.py", "POST", "/score", {"Content-Type": "application/json; charset=utf-8"}, b'{"data": [[1, 2, 3]], "factor": 2.5}'),
    ("schema_plus_json", "schema.py", "POST", "/score", {"Content-Type": "application/vnd.x+json"}, b'{"data": [[1, 2, 3]], "factor": 2.5}'),
    ("schema_missing", "schema.py", "POST", "/score", JSON, b'{"factor": 3}'),
    ("schema_extra", "schema.py", "POST", "/score", JSON, b'{"data": [[1, 2, 3]], "factor": 1, "more": 1}'),
    ("schema_shape", "schema.py", "POST", "/score", JSON, b'{"data": [[1, 2]], "factor": 3}'),
    ("schema_type", "schema.py", "POST", "/score", JSON, b'{"data": "no", "factor": 3}'),
    ("schema_no_type", "schema.py", "POST", "/score", {}, b'{"data": [[1, 2, 3]]}'),
    ("schema_text", "schema.py", "POST", "/score", {"Content-Type": "text/plain"}, b'{"data": [[1, 2, 3]]}'),
    ("schema_empty", "schema.py", "POST", "/score", JSON, b""),
    ("schema_bad", "schema.py", "POST", "/score", JSON, b'{"data": [1, '),
    ("schema_list", "schema.py", "POST", "/score", JSON, b"[1]"),
    ("schema_get", "schema.py", "GET", "/score?data=[[1,2,3]]&factor=2", {}, None),
    ("schema_get_missing", "schema.py", "GET", "/score?factor=2", {}, None),
    ("frame", "frame.py", "POST", "/score", JSON, b'{"Inputs": {"table": [{"age": 3, "name": "x", "rate": 1, "when": "2026-02-01"}]}, "GlobalParameters": {"method": "other"}}'),
    ("frame_default", "frame.py", "POST", "/score", JSON, b'{"Inputs": {"table": [{"age": "4", "name": "x", "rate": 1, "when": "2026-02-01"}]}}'),
    ("frame_columns", "frame.py", "POST", "/score", JSON, b'{"Inputs": {"table": [{"age": 3}]}}'),
    ("frame_type", "frame.py", "POST", "/score", JSON, b'{"Inputs": []}'),
    ("standard", "standard.py", "POST", "/score", JSON, b'{"param": {"mixed": []}, "at": "2025-03-04T05:06:07", "raw": "YWJj"}'),
    ("standard_type", "standard.py", "POST", "/score", JSON, b'{"param": {"mixed": []}, "at": 5}'),
]
ABOUT = {**JSON, "X-Own": "7", "X_Own": "8", "Cookie": 'a=b; c="d e"; f=g%20h', "Authorization": "Bearer tok", "User-Agent": "me/1", "Accept": "text/html;q=0.5, application/json", "Accept-Language": "de, en;q=0.5", "Origin": "http://www.example.org", "Referer": "http://r.org/x"}
PARTS = FORM.replace(b"text/plain", b"text/plain; charset=utf-8\r\nX-Part: 1").replace(b"--cut--", b'--cut\r\nContent-Disposition: form-data; name="f"; filename="g"\r\n\r\n\x00\r\n--cut--')
for asked in "urls route who authorization accept accept_match cookies body environ args names".split():
    CASES.append(("about_" + asked, "attributes.py", "POST", f"/score?ask={asked}&n=5&n=6", ABOUT, b'{"k": 1}'))
CASES += [
    ("about_files", "attributes.py", "POST", "/score?ask=files", {"Content-Type": "multipart/form-data; boundary=cut"}, PARTS),
    ("about_json", "attributes.py", "POST", "/score?ask=json", JSON, '"é"'.encode("utf-16")),
    ("escape", "echo.py", "POST", "/%73core", JSON, b"1"),
    ("form_no_boundary", "echo.py", "POST", "/score", {"Content-Type": "multipart/form-data"}, b"1"),
    ("headers_underscore", "headers.py", "POST", "/score", {**JSON, "x_own": "1", "x-own": "2"}, b"[1]"),
    ("flask_g", "flaskish.py", "POST", "/score", {**JSON, "x-request-id": "r", "x-ms-client-request-id": "c"}, b'"g"'),
    ("flask_route", "flaskish.py", "POST", "/score", JSON, b'"route"'),
]
for answered in "cookie mimetype content_type status update extend setdefault pop clear parameters told words no_status newline not_modified latin json".split():
    CASES.append(("made_" + answered, "attributes.py", "GET", "/score?answer=" + answered, {}, None))
for script in ("echo.py", "schema.py", "frame.py", "standard.py", "raw.py"):
    for query in SWAGGER:
        version = query.replace("?version=", "v") or "none"
        CASES.append((f"swagger_{script[:-3]}_{version}", script, "GET", "/swagger.json" + query, {}, None))
