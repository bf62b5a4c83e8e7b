-- Note that a notification is about to be sent. On: owned.
-- KEYS: the owner's last fence, owed. ARGV: fence, its name.
-- Returns how often it was tried, this time included; 0 if it is not owed.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local owed = redis.call('HGET', KEYS[2], ARGV[2])
if not owed then return 0 end
local place, tries = string.match(owed, '^(%u %S+) %a+ (%d+)$')
redis.call('HSET', KEYS[2], ARGV[2], place .. ' sending ' .. tries + 1)
return tries + 1
