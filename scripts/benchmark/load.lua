-- Requests of wrk: each is for a random user, about a random task of that user.
local users, active = tonumber(os.getenv("USERS")), tonumber(os.getenv("ACTIVE"))
local tasks_each = tonumber(os.getenv("TASKS_EACH"))

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local reads, toggles, creates = {}, {}, {}

function init(args)
  math.randomseed(os.time() + number)
  local i = 0
  for token in io.lines(os.getenv("TOKENS")) do
    i = i + 1
    local head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. token .. "\r\n"
    reads[i] = head .. "\r\n"
    toggles[i] = head .. "Content-Length: 0\r\n\r\n"
    creates[i] = head .. "Content-Type: application/json\r\nContent-Length: "
  end
end

local random = math.random

local function task_of(user)
  return user + users * random(0, tasks_each - 1)
end

local function get(user)
  return "GET /api/v1/tasks/" .. task_of(user) .. reads[user]
end

local function list(user, limit)
  return "GET /api/v1/tasks?limit=" .. limit .. reads[user]
end

local function create(user)
  local body = '{"title":"Call back customer ' .. random(100000, 999999) .. '","description":'
    .. '"There is a question about the last invoice, and it has to go to the new address."}'
  return "POST /api/v1/tasks" .. creates[user] .. #body .. "\r\n\r\n" .. body
end

local function toggle(user)
  return "PATCH /api/v1/tasks/" .. task_of(user) .. "/complete" .. toggles[user]
end

local scenarios = {
  get = get,
  list = function(user) return list(user, 50) end,
  create = create,
  toggle = toggle,
  mix = function(user)
    local dice = random(100)
    if dice <= 60 then return list(user, 20) end
    if dice <= 80 then return get(user) end
    if dice <= 90 then return create(user) end
    return toggle(user)
  end,
}
local scenario = scenarios[os.getenv("SCENARIO")]

function request()
  return scenario(random(active))
end

-- Think time: how long each connection waits before its next request, in milliseconds on average.
local think = tonumber(os.getenv("THINK") or 0)
if think > 0 then
  function delay()
    return random(0, 2 * think)
  end
end

-- A status from 400 on is an error. The service does not redirect.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.3f,"p50":%.3f,"p95":%.3f,"p99":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
