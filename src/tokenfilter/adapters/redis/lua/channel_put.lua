-- Keep a line of a channel's statistics in place of one of the same instant. On: channel_newest.
-- KEYS: newest line, lines. ARGV: milliseconds the newest is kept, instant in microseconds, line, lines kept.
redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[4])
keep_newest(KEYS[1], KEYS[2], ARGV[1])
