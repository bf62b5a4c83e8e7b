-- Count a reply to a chat, which goes now. On: send_numbers, send_spend (KEYS and ARGV stand there).
-- Returns now, and when the chat is free again.
overall_free = math.max(overall_free, now) + every
return spend(now)
