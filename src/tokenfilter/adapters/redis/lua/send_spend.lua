-- A budget: overall is when the next message to anyone may go, then the places taken after it, in order. A chat is when
-- its next message may go, then when the last ones went where there is a most of them. On: send_numbers.
-- KEYS: overall, chat. ARGV: now, overall every, chat every, window, most in it (0: any), kept for; microseconds.
local now, every, chat_every = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window, most, kept_for = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local overall, chat = numbers(KEYS[1]), numbers(KEYS[2])
local overall_free, chat_free = overall[1] or 0, chat[1] or 0
overall[1], chat[1] = overall_free, chat_free

-- chat_allows(): when the chat's limits allow its next message.
local function chat_allows()
  if most > 0 and #chat > most then return math.max(chat_free, chat[#chat - most + 1] + window) end
  return chat_free
end

-- spend(place): count a message to the chat at `place` and write everything; returns place and when the chat is free.
local function spend(place)
  chat_free = math.max(place, chat_free) + chat_every
  chat[1] = chat_free
  if most > 0 then
    chat[#chat + 1] = place
    if #chat > most + 1 then table.remove(chat, 2) end
  end
  overall[1] = overall_free
  while overall[2] and overall[2] + every <= now do table.remove(overall, 2) end
  keep(KEYS[1], overall, math.max(overall_free, overall[#overall]) - now + kept_for)
  keep(KEYS[2], chat, chat_free - now + kept_for)
  return {spell(place), spell(chat_allows())}
end
