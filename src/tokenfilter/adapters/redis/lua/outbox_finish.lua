-- End notifications that are owed: forget them, and note in the journal how each ended. An entry goes with its last.
-- On: owned, outbox_index.
-- KEYS: the owner's last fence, left, journal, streams of the lanes A, B and C, then the indexes.
-- ARGV: fence, group, then of each the number of its index among KEYS, who, where it was taken ('' if it was not), and
-- its journal entry. Returns the places of the entries that are gone.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local streams = {A = KEYS[4], B = KEYS[5], C = KEYS[6]}
local count, gone = 0, {}
for n = 3, #ARGV, 4 do
  local index, who = KEYS[tonumber(ARGV[n])], ARGV[n + 1]
  local place = owed_at(index, who, ARGV[n + 2])
  if place then
    count = count + 1
    redis.call('XADD', KEYS[3], '*', 'e', ARGV[n + 3])
    if one_less(index, KEYS[2], place, who, streams, ARGV[2]) then table.insert(gone, place) end
  end
end
if count > 0 then plus(KEYS[2], 'all', -count) end
return gone
