-- Count destinations as accepted as of the later of what is stored and what is given.
-- KEYS: accepted. ARGV: seconds to keep it, then of each its instant and itself.
redis.call('ZADD', KEYS[1], 'GT', unpack(ARGV, 2))
return redis.call('EXPIRE', KEYS[1], ARGV[1])
