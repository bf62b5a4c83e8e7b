-- Take the next place for a message to a chat. On: send_numbers, send_spend (KEYS and ARGV stand there).
-- Returns the place, and when the chat is free again.
local ready = math.max(now, overall_free)
local allowed = chat_allows()
local place = math.max(ready, allowed)
for taken = 2, #overall do
  if math.abs(place - overall[taken]) < every then place = overall[taken] + every end
end
if allowed <= ready then
  overall_free = place + every
else
  local at = 2
  while overall[at] and overall[at] < place do at = at + 1 end
  table.insert(overall, at, place)
end
return spend(place)
