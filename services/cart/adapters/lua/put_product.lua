-- Replaces the copy of a product, unless the stored one is newer. One as new is written again: that is how a copy is rebuilt.
-- KEYS: the product. ARGV: the sequence, then field, value, field, value...
local stored = redis.call('HGET', KEYS[1], 'sequence')
if stored and stored > ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'sequence', unpack(ARGV))
return 1
