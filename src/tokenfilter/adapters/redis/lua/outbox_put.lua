-- Queue a notification unless it is owed already. On: outbox_index.
-- KEYS: index, left, stream of its lane. ARGV: who, lane, entry. Returns where it stands, nil if it was owed.
if owed_at(KEYS[1], ARGV[1], '') then return nil end
plus(KEYS[2], 'all', 1)
return queue_alone(KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[3], ARGV[1])
