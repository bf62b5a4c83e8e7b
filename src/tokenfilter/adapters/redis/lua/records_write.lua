-- Write what is remembered of a token besides acceptances, if it is as it was read.
-- KEYS: rejected. ARGV: version as read, seconds to keep it, cohorts, exceptions, calls, seen_at.
-- Returns whether it was written.
if tonumber(redis.call('HGET', KEYS[1], 'version') or 0) ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'by', '', 'cohorts', ARGV[3], 'exceptions', ARGV[4],
  'calls', ARGV[5], 'seen_at', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
