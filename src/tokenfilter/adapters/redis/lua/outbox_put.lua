-- Queue a notification unless it is owed already.
-- KEYS: owed, left, stream of its lane. ARGV: its name, lane, entry. Returns where it stands, nil if it was owed.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return nil end
local place = ARGV[2] .. ' ' .. redis.call('XADD', KEYS[3], '*', 'e', ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], place .. ' queued 0')
redis.call('HSET', KEYS[2], place, 1)
return place
