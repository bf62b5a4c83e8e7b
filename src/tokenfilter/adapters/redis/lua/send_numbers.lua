-- Whole numbers, with a space between them, as the value of a key. Microseconds are exact in a double until 2255.
-- numbers(key): those of a key, none if it is missing. spell(number). keep(key, numbers, microseconds).
local function numbers(key)
  local found = {}
  for number in string.gmatch(redis.call('GET', key) or '', '%d+') do found[#found + 1] = tonumber(number) end
  return found
end
local function spell(number) return string.format('%.0f', number) end
local function keep(key, found, microseconds)
  local spelt = {}
  for place, number in ipairs(found) do spelt[place] = spell(number) end
  redis.call('SET', key, table.concat(spelt, ' '), 'PX', spell(math.ceil(microseconds / 1000)))
end
