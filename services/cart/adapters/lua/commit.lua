-- Replaces a cart if it is still what the caller read, together with the mark that keeps the change from happening twice.
-- KEYS: the cart, and where there is one the mark, in the same hash slot.
-- ARGV: the cart as read ('' = none), the cart to store ('' = leave it), its life in ms, the mark's value, its life in ms.
if KEYS[2] then
  local known = redis.call('GET', KEYS[2])
  if known then
    return {'KNOWN', known}
  end
end
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then
  return {'STALE', current}
end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
if KEYS[2] then
  redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
end
return {'DONE', ''}
