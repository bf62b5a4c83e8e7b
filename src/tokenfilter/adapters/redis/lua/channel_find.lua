-- The last line of a channel that is not after an instant. On: channel_newest.
-- KEYS: newest line, lines. ARGV: milliseconds the newest is kept, instant in microseconds. Returns the line or nil.
keep_newest(KEYS[1], KEYS[2], ARGV[1])
return redis.call('ZRANGE', KEYS[2], ARGV[2], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
