-- Whether a session stands, and GCRA over any number of buckets, all or nothing, in one call.
-- KEYS: the buckets, then, if one is asked for, the mark of a session (all with one hash tag).
-- ARGV: cost, then for each bucket microseconds per request and burst.
-- Answers the session (1 stands, 0 not known or not asked for, -1 ended), allowed (1 or 0), ms to wait (-1: the cost
-- never fits), then for each bucket: remaining, ms until full. Whoever comes with a session that ended is charged nothing.
-- A bucket is one number, the theoretical arrival time in microseconds of this server's clock; it vanishes when full.
local buckets = (#ARGV - 1) / 2
local stored = redis.call('MGET', unpack(KEYS))
local session = tonumber(stored[buckets + 1] or 0)
if session < 0 then return { session, 0, 0 } end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local arrivals, allowed, wait = {}, 1, 0
for i = 1, buckets do
  local emission, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local arrival = math.max(tonumber(stored[i] or now), now)
  local over = arrival + cost * emission - now - burst * emission
  if over > 0 then
    allowed = 0
    if cost > burst then wait = -1 elseif wait >= 0 and over > wait then wait = over end
  end
  arrivals[i] = arrival
end
local answer = { session, allowed, wait < 0 and -1 or math.ceil(wait / 1000) }
for i = 1, buckets do
  local emission, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local arrival = arrivals[i]
  if allowed == 1 and cost > 0 then
    arrival = arrival + cost * emission
    redis.call('SET', KEYS[i], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1000)
  end
  answer[#answer + 1] = math.floor((burst * emission - (arrival - now)) / emission)
  answer[#answer + 1] = math.ceil((arrival - now) / 1000)
end
return answer
