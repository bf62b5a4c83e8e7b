-- Write what was decided of a token, for at most 1,000 recipients; a decision with more takes several calls, of which
-- the last comes when all others are over. Each tells in the journal whom it queued; only the last writes the records and
-- acknowledges the event. On: owned, keep_latest.
-- KEYS: the owner's last fence, accepted, rejected, events, stream of the outbox' lane, owed, left, journal, what is
-- known of the token last.
-- ARGV: 1 fence, 2 version the decision was made on, 3 its name, 4 '1' if this is the last call, 5 '1' if an earlier one
-- noted the event, 6 when they count as accepted, 7 up to when an acceptance has run out, 8 group, 9 id of the event
-- or '', 10 lane, 11 and 12 the batch around its recipients, 13 and 14 the journal entry around its destinations,
-- 15 and 16 seconds that accepted and rejected are kept, 17 seconds that what is known last is kept, 0 if the event says
-- nothing to keep, 18 to 21 cohorts, exceptions, calls and seen_at, 22 the destinations as a JSON list, 23 their names in
-- owed as another, 24 a line with all of each, with a comma between them.
-- Returns '1' for each that was queued and '0' for each that counted as accepted, '' if all were queued; nil if it was
-- all written before.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local known = redis.call('HMGET', KEYS[3], 'version', 'by')
local version = tonumber(known[1] or 0)
local last = ARGV[4] == '1'

local function acknowledge()
  if ARGV[9] ~= '' then
    if ARGV[17] ~= '0' then keep_latest(KEYS[4], ARGV[9], KEYS[9], ARGV[17]) end
    redis.call('XACK', KEYS[4], ARGV[8], ARGV[9])
    redis.call('XDEL', KEYS[4], ARGV[9])
  end
end

if version ~= tonumber(ARGV[2]) then
  if known[2] == ARGV[3] then
    acknowledge()
    return nil
  end
  return redis.error_reply('STALE the records changed meanwhile')
end

local told, names = cjson.decode(ARGV[22]), cjson.decode(ARGV[23])
local count = #told
local outcome, recipients, owing = '', ARGV[24], names
local scores = count > 0 and redis.call('EXISTS', KEYS[2]) == 1 and redis.call('ZMSCORE', KEYS[2], unpack(told))
local owed = count > 0 and redis.call('HMGET', KEYS[6], unpack(names)) or {}
local over = tonumber(ARGV[7])
local accepted, any = {}, false
for n = 1, count do
  accepted[n] = scores and scores[n] and tonumber(scores[n]) > over
  any = any or accepted[n] or owed[n]
end
if any then
  local all, n, marks, wanted = told, 0, {}, {}
  told, owing = {}, {}
  for recipient in string.gmatch(ARGV[24], '([^\n]+%]),?\n?') do
    n = n + 1
    marks[n] = accepted[n] and '0' or '1'
    if not accepted[n] then
      table.insert(told, all[n])
      if not owed[n] then
        table.insert(wanted, recipient)
        table.insert(owing, names[n])
      end
    end
  end
  outcome, recipients = table.concat(marks), table.concat(wanted, ',\n')
end
if #owing > 0 then
  local place = ARGV[10] .. ' ' .. redis.call('XADD', KEYS[5], '*', 'e', ARGV[11] .. recipients .. ARGV[12])
  local fields, state = {}, place .. ' queued 0'
  for n = 1, #owing do fields[2 * n - 1], fields[2 * n] = owing[n], state end
  redis.call('HSET', KEYS[6], unpack(fields))
  redis.call('HSET', KEYS[7], place, #owing)
end
if #told > 0 then
  local members, at = {}, ARGV[6]
  for n = 1, #told do members[2 * n - 1], members[2 * n] = at, told[n] end
  redis.call('ZADD', KEYS[2], unpack(members))
  redis.call('EXPIRE', KEYS[2], ARGV[15])
end
if #told > 0 or (last and ARGV[5] == '0') then
  local list = #told > 0 and '"' .. table.concat(told, '","') .. '"' or ''
  redis.call('XADD', KEYS[8], '*', 'e', ARGV[13] .. list .. ARGV[14])
end
if last then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[7])
  redis.call('HSET', KEYS[3], 'version', version + 1, 'by', ARGV[3], 'cohorts', ARGV[18], 'exceptions', ARGV[19],
    'calls', ARGV[20], 'seen_at', ARGV[21])
  redis.call('EXPIRE', KEYS[3], ARGV[16])
  acknowledge()
end
return outcome
