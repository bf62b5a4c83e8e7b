-- Write what was decided of a token, for at most 1,000 recipients; a decision with more takes several calls, of which
-- the last comes when all others are over. Each tells in the journal whom it queued; only the last writes the records
-- and acknowledges the event. On: owned, keep_latest, outbox_index.
-- KEYS: 1 the owner's last fence, 2 accepted, 3 rejected, 4 events, 5 stream of the outbox' lane, 6 index of what is owed
-- of the token, 7 left, 8 journal, 9 what is known of the token last.
-- ARGV: 1 fence, 2 version the decision was made on, 3 its name, 4 '1' if this is the last call, 5 '1' if an earlier one
-- noted the event, 6 when they count as accepted, 7 up to when an acceptance has run out, 8 group, 9 id of the event
-- or '', 10 lane, 11 and 12 the batch around its recipients, 13 and 14 the journal entry around its destinations,
-- 15 and 16 seconds that accepted and rejected are kept, 17 seconds that what is known last is kept, 0 if the event says
-- nothing to keep, 18 to 21 cohorts, exceptions, calls and seen_at, 22 the destinations as a JSON list, 23 a line with
-- all of each, with a comma between them.
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

-- Which of these count as accepted, by their number.
local function accepted_among(whos)
  local accepted, over = {}, tonumber(ARGV[7])
  if #whos == 0 or redis.call('EXISTS', KEYS[2]) == 0 then return accepted end
  for n, score in ipairs(redis.call('ZMSCORE', KEYS[2], unpack(whos))) do
    if score and tonumber(score) > over then accepted[n] = true end
  end
  return accepted
end

-- Which of these may be owed an alert without counting as accepted, by their number: who is noted by name, and who was
-- told so long ago that it has run out, or that nothing is remembered of it.
local function owed_among(whos)
  local owed, found = {}, redis.call('HMGET', KEYS[6], 'named', 'batches')
  if #whos == 0 then return owed end
  for n, place in ipairs(found[1] and redis.call('HMGET', KEYS[6], unpack(whos)) or {}) do
    if place then owed[n] = true end
  end
  local remembered = redis.call('EXISTS', KEYS[2]) == 1
  for place in string.gmatch(found[2] or '', '(%u %S+) ') do
    local at = tonumber(string.match(redis.call('HGET', KEYS[6], place), '^%d+'))
    if remembered and at > tonumber(ARGV[7]) then break end
    for n, who in ipairs(whos) do
      if is_for(KEYS[6], place, who) and tried(KEYS[6], place, who) then owed[n] = true end
    end
  end
  return owed
end

local function listed(whos) return #whos > 0 and '["' .. table.concat(whos, '","') .. '"]' or '[]' end

local told, told_list, recipients = cjson.decode(ARGV[22]), ARGV[22], ARGV[23]
local owing, owing_list, outcome = #told, ARGV[22], ''
local accepted, owed = accepted_among(told), owed_among(told)
if next(accepted) or next(owed) then
  local all, n, marks, wanted, lines = told, 0, {}, {}, {}
  told = {}
  for line in string.gmatch(recipients, '([^\n]+%]),?\n?') do
    n = n + 1
    marks[n] = accepted[n] and '0' or '1'
    if not accepted[n] then
      table.insert(told, all[n])
      if not owed[n] then
        table.insert(wanted, all[n])
        table.insert(lines, line)
      end
    end
  end
  outcome, recipients, told_list = table.concat(marks), table.concat(lines, ',\n'), listed(told)
  owing, owing_list = #wanted, listed(wanted)
end
if owing > 0 then
  local entry = ARGV[11] .. recipients .. ARGV[12]
  queue_batch(KEYS[6], KEYS[7], KEYS[5], ARGV[10], entry, owing, owing_list, ARGV[6])
  plus(KEYS[7], 'all', owing)
end
if #told > 0 then
  local members, at = {}, ARGV[6]
  for n = 1, #told do members[2 * n - 1], members[2 * n] = at, told[n] end
  redis.call('ZADD', KEYS[2], unpack(members))
  redis.call('EXPIRE', KEYS[2], ARGV[15])
end
if #told > 0 or (last and ARGV[5] == '0') then
  redis.call('XADD', KEYS[8], '*', 'e', ARGV[13] .. told_list .. ARGV[14])
end
if last then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[7])
  redis.call('HSET', KEYS[3], 'version', version + 1, 'by', ARGV[3], 'cohorts', ARGV[18], 'exceptions', ARGV[19],
    'calls', ARGV[20], 'seen_at', ARGV[21])
  redis.call('EXPIRE', KEYS[3], ARGV[16])
  acknowledge()
end
return outcome
