-- What `wrk` sends: points of a metric, each one new. Arguments: the file with the run ids, points of a request (1 means
-- log-metric), and the prefix of the paths.
local thread_count = 0
function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(args)
  runs = {}
  for line in io.lines(args[1]) do runs[#runs + 1] = line end
  points = tonumber(args[2])
  step = number * 1000000000
  start = os.time() * 1000
  headers = { ["Content-Type"] = "application/json" }
  sent = 0
end

local function point(step)
  return string.format('{"key":"loss","value":%.17g,"timestamp":%d,"step":%d}', math.random(), start + step * 100, step)
end

function request()
  sent = sent + 1
  local run = runs[sent % #runs + 1]
  if points == 1 then
    step = step + 1
    local body = string.format('{"run_id":"%s","key":"loss","value":%.17g,"timestamp":%d,"step":%d}', run, math.random(),
      start + step, step)
    return wrk.format("POST", "/api/2.0/mlflow/runs/log-metric", headers, body)
  end
  local all = {}
  for i = 1, points do
    step = step + 1
    all[i] = point(step)
  end
  local body = '{"run_id":"' .. run .. '","metrics":[' .. table.concat(all, ",") .. "]}"
  return wrk.format("POST", "/api/2.0/mlflow/runs/log-batch", headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d}', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
