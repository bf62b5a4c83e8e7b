-- keep_latest(stream, id, key, seconds): before an event is deleted, keep what it said of its token at `key`, unless a
-- later one is there. Both are compared by `at`, which stands before `seq` in what domain/plain/event.py spells.
local function keep_latest(stream, id, key, seconds)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if not entry then return end
  local text, pattern = entry[2][2], '"at":(%-?%d+),"seq":'
  local before = redis.call('GET', key)
  local at, known = string.match(text, pattern), before and string.match(before, pattern)
  if known and at and tonumber(known) > tonumber(at) then return end
  redis.call('SET', key, text, 'EX', seconds)
end
