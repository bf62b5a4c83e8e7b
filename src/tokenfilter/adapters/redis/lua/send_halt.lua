-- Nothing goes to a chat before an instant. On: send_numbers.
-- KEYS: chat. ARGV: the instant in microseconds.
local chat = numbers(KEYS[1])
chat[1] = math.max(chat[1] or 0, tonumber(ARGV[1]))
local clock = redis.call('TIME')
local day = 24 * 3600 * 1000000 -- the callers' clocks are not the server's, so it is kept for longer than it lasts
keep(KEYS[1], chat, math.max(0, chat[1] - clock[1] * 1000000 - clock[2]) + day)
