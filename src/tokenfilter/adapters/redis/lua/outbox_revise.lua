-- Say anew what notifications read that are owed: each stands in an entry of its own from now on, at the end of its lane.
-- On: owned, less_in.
-- KEYS: the owner's last fence, owed, left, streams of the lanes A, B and C.
-- ARGV: fence, group, then of each its name, its lane and its entry.
-- Returns where each stands now as '<lane> <id>', '' if it is not owed; then the entries that are gone for it.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local streams = {A = KEYS[4], B = KEYS[5], C = KEYS[6]}
local places, gone = {}, {}
for n = 3, #ARGV, 3 do
  local owed, place = redis.call('HGET', KEYS[2], ARGV[n]), ''
  if owed then
    local before, state = string.match(owed, '^(%u %S+)( .*)$')
    place = ARGV[n + 1] .. ' ' .. redis.call('XADD', streams[ARGV[n + 1]], '*', 'e', ARGV[n + 2])
    redis.call('HSET', KEYS[2], ARGV[n], place .. state)
    redis.call('HSET', KEYS[3], place, 1)
    if less_in(KEYS[3], before, streams, ARGV[2]) then table.insert(gone, before) end
  end
  table.insert(places, place)
end
return {places, gone}
