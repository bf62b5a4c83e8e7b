-- What is owed: a hash for each token, and one for all that is no alert. A place is '<lane> <id>' of an entry.
--   batches        the places of what settling queued, oldest first, a space behind each
--   <place>        for whom the entry there is, a JSON list, behind the instant of what was settled, if it was
--   <place> <who>  how often it was tried to send it to them, or 'ended'; missing as long as neither happened
--   <who>          where somebody is owed something who may not count as accepted: what stands in an entry of its own,
--                  and what was queued for those who were forgotten since
--   named          how many these are
-- `left` holds for all of them by place how many of an entry have not ended, and as '<place> in' the key of the hash
-- they are in; as `all` the sum, which is left to whoever calls what stands here.

-- tried(index, place, who): how often it was tried; nil if it has ended, or the entry is gone.
local function tried(index, place, who)
  local state = redis.call('HGET', index, place .. ' ' .. who)
  if state == 'ended' then return nil end
  if state then return tonumber(state) end
  return redis.call('HEXISTS', index, place) == 1 and 0 or nil
end

-- names_in(list): for whom an entry is. is_for(index, place, who): whether what was settled there is for somebody; its list
-- is fetched but once, looked through while few are asked about, and taken apart for many.
local function names_in(list) return cjson.decode(string.match(list, '%[.*')) end
local FEW = 40
local lists, apart, asked = {}, {}, {}
local function is_for(index, place, who)
  lists[place] = lists[place] or redis.call('HGET', index, place)
  asked[place] = (asked[place] or 0) + 1
  if asked[place] <= FEW then return string.find(lists[place], '"' .. who .. '"', 1, true) ~= nil end
  if not apart[place] then
    apart[place] = {}
    for _, one in ipairs(names_in(lists[place])) do apart[place][one] = true end
  end
  return apart[place][who]
end

-- owed_at(index, who, place): where it stands that somebody is owed, and how often it was tried; nil if they are not.
-- Looked for first at the place where it was found last, '' if that is not known.
local function owed_at(index, who, place)
  local times = place ~= '' and tried(index, place, who)
  if times then return place, times end
  local found = redis.call('HMGET', index, who, 'batches')
  times = found[1] and tried(index, found[1], who)
  if times then return found[1], times end
  for at in string.gmatch(found[2] or '', '(%u %S+) ') do
    times = is_for(index, at, who) and tried(index, at, who)
    if times then return at, times end
  end
end

-- plus(key, field, count): add to a number that is missing where it is 0.
local function plus(key, field, count)
  if redis.call('HINCRBY', key, field, count) == 0 then redis.call('HDEL', key, field) end
end

-- unname(index, who, place): somebody who may be noted by name is owed nothing at a place any more.
local function unname(index, who, place)
  if redis.call('HGET', index, who) == place then
    redis.call('HDEL', index, who)
    plus(index, 'named', -1)
  end
end

-- queue(left, stream, lane, entry, count, index): queue an entry for so many. Returns its place.
local function queue(left, stream, lane, entry, count, index)
  local place = lane .. ' ' .. redis.call('XADD', stream, '*', 'e', entry)
  redis.call('HSET', left, place, count, place .. ' in', index)
  return place
end

-- queue_batch(index, left, stream, lane, entry, count, list, at): queue what was settled at an instant.
local function queue_batch(index, left, stream, lane, entry, count, list, at)
  local place = queue(left, stream, lane, entry, count, index)
  local batches = redis.call('HGET', index, 'batches') or ''
  redis.call('HSET', index, place, at .. list, 'batches', batches .. place .. ' ')
end

-- queue_alone(index, left, stream, lane, entry, who): queue an entry of its own. Returns its place.
local function queue_alone(index, left, stream, lane, entry, who)
  local place = queue(left, stream, lane, entry, 1, index)
  redis.call('HSET', index, place, cjson.encode({who}), who, place)
  plus(index, 'named', 1)
  return place
end

-- forget_entry(index, left, place): nobody is owed what stands there.
local function forget_entry(index, left, place)
  local list = redis.call('HGET', index, place)
  local fields, is_alone = {place}, string.sub(list, 1, 1) == '['
  local named = not is_alone and redis.call('HEXISTS', index, 'named') == 1
  for _, who in ipairs(names_in(list)) do
    table.insert(fields, place .. ' ' .. who)
    if named then unname(index, who, place) end
    if is_alone then table.insert(fields, who) end
  end
  if is_alone then
    plus(index, 'named', -1)
  else
    local batches = redis.call('HGET', index, 'batches')
    local first, last = string.find(batches, place .. ' ', 1, true)
    batches = string.sub(batches, 1, first - 1) .. string.sub(batches, last + 1)
    if batches == '' then table.insert(fields, 'batches') else redis.call('HSET', index, 'batches', batches) end
  end
  redis.call('HDEL', index, unpack(fields))
  redis.call('HDEL', left, place, place .. ' in')
end

-- one_less(index, left, place, who, streams, group): somebody is not owed what stands there any more. With the last one
-- the entry goes. Returns whether it went.
local function one_less(index, left, place, who, streams, group)
  if redis.call('HINCRBY', left, place, -1) > 0 then
    unname(index, who, place)
    redis.call('HSET', index, place .. ' ' .. who, 'ended')
    return false
  end
  forget_entry(index, left, place)
  local lane, id = string.match(place, '^(%u) (%S+)')
  redis.call('XACK', streams[lane], group, id)
  redis.call('XDEL', streams[lane], id)
  return true
end
