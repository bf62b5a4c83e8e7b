-- Give up an entry: nobody is owed what stands in it, or nobody can read it. On: owned, outbox_index.
-- KEYS: the owner's last fence, left, stream, index that `left` names for it, if any. ARGV: fence, group, lane, id.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local place = ARGV[3] .. ' ' .. ARGV[4]
local count = KEYS[4] and redis.call('HEXISTS', KEYS[4], place) == 1 and redis.call('HGET', KEYS[2], place)
if count then
  plus(KEYS[2], 'all', -count)
  forget_entry(KEYS[4], KEYS[2], place)
end
redis.call('HDEL', KEYS[2], place, place .. ' in')
redis.call('XACK', KEYS[3], ARGV[2], ARGV[4])
return redis.call('XDEL', KEYS[3], ARGV[4])
