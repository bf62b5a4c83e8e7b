-- The numbered changes, at least the last one of each subscriber. `numbers` holds, by chat, the numbers of those that
-- are kept; `replaced` holds `<number> <chat>` of those a later one replaced, by when it did, in microseconds.
-- KEYS: 1 last number, 2 changes, 3 numbers, 4 replaced, 5 active.

-- others(chat, number): the numbers of a chat but this one, with a space between them.
local function others(chat, number)
  local left = {}
  for own in string.gmatch(redis.call('HGET', KEYS[3], chat) or '', '%d+') do
    if own ~= number then left[#left + 1] = own end
  end
  return table.concat(left, ' ')
end

-- change(chat, number, text, at): keep a change in place of the last one, which is replaced.
local function change(chat, number, text, at)
  local left = others(chat, number)
  local last = string.match(left, '%d+$')
  if last then redis.call('ZADD', KEYS[4], at, last .. ' ' .. chat) end
  redis.call('ZADD', KEYS[2], number, text)
  redis.call('HSET', KEYS[3], chat, last and left .. ' ' .. number or number)
end

-- drop(chat, number): keep a change no longer.
local function drop(chat, number)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], number, number)
  redis.call('ZREM', KEYS[4], number .. ' ' .. chat)
  local left = others(chat, number)
  if left == '' then redis.call('HDEL', KEYS[3], chat) else redis.call('HSET', KEYS[3], chat, left) end
end

-- sweep(before): drop a few of those that were replaced before; each save replaces one, so they never pile up.
local function sweep(before)
  for _, replaced in ipairs(redis.call('ZRANGE', KEYS[4], '-inf', before, 'BYSCORE', 'LIMIT', 0, 10)) do
    local number, chat = string.match(replaced, '^(%d+) (-?%d+)$')
    drop(chat, number)
  end
end

-- store(user, chat, text, active): write a subscriber.
local function store(user, chat, text, active)
  redis.call('SET', user, text)
  if active == '1' then redis.call('ZADD', KEYS[5], chat, chat) else redis.call('ZREM', KEYS[5], chat) end
end

-- is(user, name): whether what is stored has this SHA-1, empty for nothing.
local function is(user, name)
  local stored = redis.call('GET', user)
  return (stored and redis.sha1hex(stored) or '') == name
end

local function before(at, microseconds) return string.format('%.0f', at - microseconds) end
