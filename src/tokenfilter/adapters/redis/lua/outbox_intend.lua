-- Note that a notification is about to be sent. On: owned, outbox_index.
-- KEYS: the owner's last fence, index. ARGV: fence, who, where it was taken, '' if it was not.
-- Returns how often it was tried, this time included; 0 if it is not owed.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local place, times = owed_at(KEYS[2], ARGV[2], ARGV[3])
if not place then return 0 end
redis.call('HSET', KEYS[2], place .. ' ' .. ARGV[2], times + 1)
return times + 1
