-- Take destinations out of what is remembered of a token, if it is as it was read. What they are still owed is noted by
-- their names from then on. On: outbox_index.
-- KEYS: accepted, rejected, index of what is owed of the token. ARGV: version as read, exceptions without them, the
-- destinations. Returns whether it was.
if tonumber(redis.call('HGET', KEYS[2], 'version') or 0) ~= tonumber(ARGV[1]) then return 0 end
for n = 3, #ARGV do
  local place = owed_at(KEYS[3], ARGV[n], '')
  if place and redis.call('HSET', KEYS[3], ARGV[n], place) == 1 then plus(KEYS[3], 'named', 1) end
end
redis.call('ZREM', KEYS[1], unpack(ARGV, 3))
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'version', ARGV[1] + 1, 'by', '', 'exceptions', ARGV[2])
end
return 1
