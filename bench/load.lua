-- What `wrk` sends to an endpoint under load, and how many answers of each status there were. Arguments: the path, and the file with the body.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = io.open(args[2])
  local body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  sent = wrk.format("POST", args[1], wrk.headers, body)
  by_status = {}
end

function request()
  return sent
end

function response(status)
  by_status[status] = (by_status[status] or 0) + 1
end

function done(summary, latency)
  local all = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("by_status")) do
      all[status] = (all[status] or 0) + count
    end
  end
  local told = {}
  for status, count in pairs(all) do
    table.insert(told, string.format('"%d":%d', status, count))
  end
  local errors = summary.errors
  print(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"connect":%d,"broken":%d,"late":%d,"by_status":{%s}}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.connect,
    errors.read + errors.write, errors.timeout, table.concat(told, ",")))
end
