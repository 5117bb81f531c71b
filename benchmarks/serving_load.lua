-- Asks for the addresses of a file, one after the other, and counts answers that are not whole.
-- Arguments: file of addresses, place to begin at, least and most bytes of a body (most 0: the
-- bodies are not looked at, which leaves more of the machine to the server).
local requests, place, least, most = {}, 0, 0, 0
local threads = {}
wrong, example = 0, ""

function setup(thread) table.insert(threads, thread) end

function init(args)
  for address in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", address)
  end
  place, least, most = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  if most > 0 then response = look_at end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function look_at(status, headers, body)
  if status ~= 200 or #body < least or #body > most then
    wrong = wrong + 1
    example = status .. " with " .. #body .. " bytes: " .. body:sub(1, 200):gsub("[%c\"\\]", " ")
  end
end

function done(summary, latency, rates)
  local wrong_answers, first = 0, ""
  for _, thread in ipairs(threads) do
    wrong_answers = wrong_answers + thread:get("wrong")
    first = thread:get("example")
  end
  local errors = summary.errors
  io.write(string.format(
    'FIGURES {"requests": %d, "seconds": %.6f, "bytes": %d, "mean_ms": %.4f, "p50_ms": %.4f, ' ..
    '"p99_ms": %.4f, "failed": %d, "timed_out": %d, "bad_status": %d, "wrong": %d, ' ..
    '"example": "%s"}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency.mean / 1e3,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write, errors.timeout, errors.status, wrong_answers, first))
end
