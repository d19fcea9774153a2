-- GCRA over one or more buckets, all or nothing, in one call.
-- KEYS: the buckets (one hash tag). ARGV: cost, then for each bucket microseconds per request and burst.
-- Answers allowed (1 or 0), ms to wait (-1: the cost never fits), then for each bucket: remaining, ms until full.
-- A bucket is one number, the theoretical arrival time in microseconds of this server's clock; it vanishes when full.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local stored = redis.call('MGET', unpack(KEYS))
local arrivals, allowed, wait = {}, 1, 0
for i = 1, #KEYS do
  local emission, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local arrival = math.max(tonumber(stored[i] or now), now)
  local over = arrival + cost * emission - now - burst * emission
  if over > 0 then
    allowed = 0
    if cost > burst then wait = -1 elseif wait >= 0 and over > wait then wait = over end
  end
  arrivals[i] = arrival
end
local answer = { allowed, wait < 0 and -1 or math.ceil(wait / 1000) }
for i = 1, #KEYS do
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
