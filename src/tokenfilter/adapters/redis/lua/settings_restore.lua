-- Store subscribers with the numbers of their last changes. On: settings_changes (KEYS 1 to 5 stand there).
-- KEYS: from 6 on the subscribers. ARGV: of each chat, when it was saved (microseconds), SHA-1 of what was read,
-- subscriber (empty if a newer one was read), 1 if active, number, change. One that was written meanwhile, or removed
-- after that change, is left alone. A change counts by its number alone: a newer version may have come without one.
for place = 6, #KEYS do
  local chat, at, name, text, active, number, changed = unpack(ARGV, (place - 6) * 7 + 1, (place - 6) * 7 + 7)
  local last = tonumber(string.match(redis.call('HGET', KEYS[3], chat) or '', '%d+$') or 0)
  local removed = name == '' and last > 0 and last >= tonumber(number)
  if is(KEYS[place], name) and not removed then
    if text ~= '' then store(KEYS[place], chat, text, active) end
    if tonumber(number) > last then
      change(chat, number, changed, at)
      if tonumber(number) > tonumber(redis.call('GET', KEYS[1]) or 0) then redis.call('SET', KEYS[1], number) end
    end
  end
end
