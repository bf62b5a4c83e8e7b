-- Store a subscriber, if what is stored is what was read. On: settings_changes (KEYS 1 to 5 stand there).
-- KEYS: 6 subscriber, 7 journal. ARGV: chat, now, how long a replaced change is kept (microseconds), SHA-1 of what was
-- read, subscriber, 1 if active, journal entry before and behind the number, and where judging changes: the change
-- before and behind the number. Returns the number, 0 if judging does not change, or nil if another was stored.
if not is(KEYS[6], ARGV[4]) then return nil end
store(KEYS[6], ARGV[1], ARGV[5], ARGV[6])
local number = '0'
if ARGV[9] then
  number = string.format('%.0f', redis.call('INCR', KEYS[1]))
  change(ARGV[1], number, ARGV[9] .. number .. ARGV[10], ARGV[2])
end
redis.call('XADD', KEYS[7], '*', 'e', ARGV[7] .. number .. ARGV[8])
sweep(before(ARGV[2], ARGV[3]))
return number
