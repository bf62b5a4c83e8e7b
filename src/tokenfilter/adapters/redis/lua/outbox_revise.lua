-- Say anew what notifications read that are owed: each stands in an entry of its own from now on, at its lane's end.
-- On: owned, outbox_index.
-- KEYS: the owner's last fence, left, streams of the lanes A, B and C, then the indexes.
-- ARGV: fence, group, then of each the number of its index among KEYS, who, where it was taken ('' if it was not), its
-- lane and its entry. Returns where each stands now, '' if it is not owed; then the places of the entries that are gone.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local streams = {A = KEYS[3], B = KEYS[4], C = KEYS[5]}
local places, gone = {}, {}
for n = 3, #ARGV, 5 do
  local index, who, lane = KEYS[tonumber(ARGV[n])], ARGV[n + 1], ARGV[n + 3]
  local before, times = owed_at(index, who, ARGV[n + 2])
  local place = ''
  if before then
    if one_less(index, KEYS[2], before, who, streams, ARGV[2]) then table.insert(gone, before) end
    place = queue_alone(index, KEYS[2], streams[lane], lane, ARGV[n + 4], who)
    if times > 0 then redis.call('HSET', index, place .. ' ' .. who, times) end
  end
  table.insert(places, place)
end
return {places, gone}
