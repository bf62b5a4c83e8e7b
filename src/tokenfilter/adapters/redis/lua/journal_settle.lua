-- Acknowledge and delete entries of a journal: they are in history, whoever relays.
-- KEYS: stream. ARGV: group, ids. Returns how many were still there.
local ids = {unpack(ARGV, 2)}
redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
return redis.call('XDEL', KEYS[1], unpack(ids))
