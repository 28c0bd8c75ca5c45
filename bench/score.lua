-- What `wrk` sends to a scoring server: the same body again and again. Arguments: the path, and the file with the body.
function init(args)
  local file = io.open(args[2])
  local body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  sent = wrk.format("POST", args[1], wrk.headers, body)
end

function request()
  return sent
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d}', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
