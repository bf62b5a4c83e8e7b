-- End notifications that are owed: forget them, and note in the journal how each ended. An entry goes with its last one.
-- On: owned, less_in.
-- KEYS: the owner's last fence, owed, left, journal, streams of the lanes A, B and C.
-- ARGV: fence, group, then of each its name and its journal entry.
-- Returns the entries that are gone, each as '<lane> <id>'.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local streams = {A = KEYS[5], B = KEYS[6], C = KEYS[7]}
local gone = {}
for n = 3, #ARGV, 2 do
  local owed = redis.call('HGET', KEYS[2], ARGV[n])
  if owed then
    redis.call('HDEL', KEYS[2], ARGV[n])
    redis.call('XADD', KEYS[4], '*', 'e', ARGV[n + 1])
    local place = string.match(owed, '^%u %S+')
    if less_in(KEYS[3], place, streams, ARGV[2]) then table.insert(gone, place) end
  end
end
return gone
