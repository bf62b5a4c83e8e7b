-- Give up an entry that nobody can read, with the notifications that are known to stand in it. On: owned.
-- KEYS: the owner's last fence, owed, left, stream. ARGV: fence, group, lane, id, then the notifications' names.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
for n = 5, #ARGV do redis.call('HDEL', KEYS[2], ARGV[n]) end
redis.call('HDEL', KEYS[3], ARGV[3] .. ' ' .. ARGV[4])
redis.call('XACK', KEYS[4], ARGV[2], ARGV[4])
return redis.call('XDEL', KEYS[4], ARGV[4])
