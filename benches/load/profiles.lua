-- Load for wrk: wrk -t 2 -c 64 -d 4s --latency -s profiles.lua http://host:port -- <profile> <file of data>
--
-- The file of data returns { tokens = {...}, patients = {{user, id}, ...}, doctors = {...}, words = {...}, deep = "path" }.
-- Requests are made before the run, except those that must be new each time.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local data, profile
local ready = {}

local function get(user, path)
  return wrk.format("GET", path, { ["Authorization"] = "Bearer " .. data.tokens[user] })
end

local function post(user, path, body)
  local headers = { ["Authorization"] = "Bearer " .. data.tokens[user], ["Content-Type"] = "application/json" }
  return wrk.format("POST", path, headers, body)
end

local function any(list)
  return list[math.random(#list)]
end

local make = {}

-- Each of these makes the requests that a run takes from by lot.
function make.patient()
  local made = {}
  for i, patient in ipairs(data.patients) do made[i] = get(patient[1], "/api/patients/" .. patient[2] .. "/") end
  return made
end

function make.patients()
  local made = {}
  for user = 1, #data.tokens do made[user] = get(user, "/api/patients/?limit=20") end
  return made
end

function make.doctor()
  local made = {}
  for i, doctor in ipairs(data.doctors) do
    made[i] = get((i - 1) % #data.tokens + 1, "/api/doctors/" .. doctor .. "/")
  end
  return made
end

function make.doctors_of()
  local made = {}
  for i, patient in ipairs(data.patients) do
    made[i] = get(patient[1], "/api/patients/" .. patient[2] .. "/doctors/")
  end
  return made
end

function make.create()
  local first = { "Asha", "Bruno", "Chidi", "Dana", "Émile", "Farah", "Goran", "Hana" }
  local last = { "Rao", "Silva", "Okafor", "Meyer", "Dubois", "Haddad", "Novak", "Sato" }
  local made = {}
  for i = 1, 2000 do
    local user = (i - 1) % #data.tokens + 1
    local body = string.format(
      '{"name": "%s %s", "date_of_birth": "%d-%02d-%02d", "gender": "female", "phone": "+91 22 5550 %04d"}',
      any(first), any(last), 1940 + i % 70, 1 + i % 12, 1 + i % 28, i)
    made[i] = post(user, "/api/patients/", body)
  end
  return made
end

function make.search()
  local made = {}
  for i, word in ipairs(data.words) do made[i] = get(1, "/api/patients/?limit=20&search=" .. word) end
  return made
end

function make.first() return { get(1, "/api/patients/?limit=20") } end
function make.deep() return { get(1, data.deep) } end
function make.ready() return { wrk.format("GET", "/readyz") } end

-- Five of a hundred are pairs that were sent a short while ago.
local recent, turn = {}, 0

local function mapping()
  local patient, doctor
  if #recent > 0 and math.random(100) <= 5 then
    patient, doctor = unpack(any(recent))
  else
    patient, doctor = any(data.patients), any(data.doctors)
    turn = turn % 200 + 1
    recent[turn] = { patient, doctor }
  end
  return post(patient[1], "/api/mappings/", string.format('{"patient": %d, "doctor": %d}', patient[2], doctor))
end

local mixture = { { 50, "patient" }, { 65, "patients" }, { 80, "doctor" }, { 92, "doctors_of" }, { 98, "create" } }

local function mixed()
  local lot = math.random(100)
  for _, part in ipairs(mixture) do
    if lot <= part[1] then return any(ready[part[2]]) end
  end
  return mapping()
end

function init(arguments)
  profile = arguments[1]
  data = dofile(arguments[2])
  math.randomseed(os.time() * 16 + number)
  if profile == "mapping" then
    request = mapping
  elseif profile == "mixed" then
    for _, part in ipairs(mixture) do ready[part[2]] = make[part[2]]() end
    request = mixed
  else
    local made = make[profile]()
    request = function() return made[math.random(#made)] end
  end
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
