-- Queue a notification unless it is owed already.
-- KEYS: owed, left, stream of its lane. ARGV: its name, lane, entry. Returns whether it was queued.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
local place = ARGV[2] .. ' ' .. redis.call('XADD', KEYS[3], '*', 'e', ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], place .. ' queued 0')
redis.call('HSET', KEYS[2], place, 1)
return 1
