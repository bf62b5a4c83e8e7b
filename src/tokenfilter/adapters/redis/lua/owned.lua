-- owned(key, fence): nil if nobody has taken the lease whose last fence `key` holds since `fence`, else an error reply.
-- The last fence is asked, not the lease: one that ran out while nobody else wanted it still has its owner.
local function owned(key, fence)
  if redis.call('GET', key) == fence then return nil end
  return redis.error_reply('STALE another leads ' .. key .. ' now')
end
