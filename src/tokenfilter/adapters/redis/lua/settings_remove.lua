-- Forget a subscriber and every change of theirs, at once. On: settings_changes (KEYS 1 to 5 stand there).
-- KEYS: 6 subscriber, 7 journal. ARGV: chat, now, how long a replaced change is kept, how long the removal is kept
-- (microseconds), journal entry, the change before and behind the number. Returns whether there was one.
if redis.call('DEL', KEYS[6]) == 0 then return 0 end
redis.call('ZREM', KEYS[5], ARGV[1])
for number in string.gmatch(redis.call('HGET', KEYS[3], ARGV[1]) or '', '%d+') do drop(ARGV[1], number) end
local number = string.format('%.0f', redis.call('INCR', KEYS[1]))
change(ARGV[1], number, ARGV[6] .. number .. ARGV[7], ARGV[2])
-- Swept with what is replaced, as if it had been by the time from which on it is kept as long as that.
redis.call('ZADD', KEYS[4], before(ARGV[2] + ARGV[4], ARGV[3]), number .. ' ' .. ARGV[1])
redis.call('XADD', KEYS[7], '*', 'e', ARGV[5])
sweep(before(ARGV[2], ARGV[3]))
return 1
