-- less_in(left, place, streams, group): one notification fewer stands in the entry at `place`, '<lane> <id>'. With its last
-- one the entry goes. Returns whether it went.
local function less_in(left, place, streams, group)
  if redis.call('HINCRBY', left, place, -1) > 0 then return false end
  local lane, id = string.match(place, '^(%u) (%S+)')
  redis.call('HDEL', left, place)
  redis.call('XACK', streams[lane], group, id)
  redis.call('XDEL', streams[lane], id)
  return true
end
