-- keep_newest(newest, lines, milliseconds): write the newest line beside the lines, empty if there is none.
local function keep_newest(newest, lines, milliseconds)
  redis.call('SET', newest, redis.call('ZRANGE', lines, 0, 0, 'REV')[1] or '', 'PX', milliseconds)
end
