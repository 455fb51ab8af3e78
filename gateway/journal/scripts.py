"""What the store does at once with a session. Its keys are those of `gateway.journal.ledger`, in that order."""

from gateway.store import PREFIX

MOST_PAST = 1024
"""Turns that had ended, which a session remembers."""
HEARD_S = 10.0
"""What was said last of a session stays for so long after its end, for who hears it by way of another replica."""

WRITE = f"""
local fence, batch = unpack(redis.call('HMGET', KEYS[1], 'fence', 'batch'))
if not fence then return 'gone' end
if fence ~= ARGV[1] then return 'fenced' end
if batch == ARGV[2] then return 'ok' end
if tonumber(batch) ~= ARGV[2] - 1 then return 'gone' end
local at = 3
local function taken() at = at + 1; return ARGV[at - 1] end
local ttl, last, trim, rest = tonumber(taken()), taken(), taken(), taken()
if rest ~= '' then
  redis.call('HSET', KEYS[1], 'rest', rest)
  redis.call('DEL', KEYS[3])
end
for _ = 1, tonumber(taken()) do redis.call('HSET', KEYS[1], taken(), taken()) end
for _ = 1, tonumber(taken()) do redis.call('RPUSH', KEYS[4], taken()) end
for _ = 1, tonumber(taken()) do redis.call('RPUSH', KEYS[3], taken()) end
for _ = 1, tonumber(taken()) do redis.call('XADD', KEYS[2], taken(), 'h', taken(), 'p', taken()) end
if last == 'ended' then
  redis.call('DEL', KEYS[1], KEYS[3], KEYS[4])
  redis.call('PEXPIRE', KEYS[2], {round(HEARD_S * 1000)})
  return 'ok'
end
if trim ~= '0' then redis.call('XTRIM', KEYS[2], 'MINID', trim .. '-0') end
redis.call('LTRIM', KEYS[4], -{MOST_PAST}, -1)
redis.call('HSET', KEYS[1], 'batch', ARGV[2])
if last == 'released' then redis.call('HSET', KEYS[1], 'owner', '') end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
return 'ok'
"""
"""One page: `fence`, `batch`, and what `Ledger._arguments` gives."""
CLAIM = f"""
local owner, tokens = unpack(redis.call('HMGET', KEYS[1], 'owner', 'tokens'))
if not owner then return {{'gone'}} end
if not string.find(tokens or '', ARGV[1], 1, true) then return {{'refused'}} end
if owner ~= '' and owner ~= ARGV[2] and redis.call('EXISTS', '{PREFIX}replica:' .. owner) == 1 then
  return {{'held', owner}}
end
redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'claim', ARGV[3])
local journal, told = redis.call('XRANGE', KEYS[2], '-', '+'), redis.call('LRANGE', KEYS[3], 0, -1)
return {{'yours', redis.call('HGETALL', KEYS[1]), journal, told, redis.call('LRANGE', KEYS[4], 0, -1)}}
"""
"""A resume token's hash, a replica, and a name for this claim."""
DISOWN = """
if redis.call('HGET', KEYS[1], 'claim') == ARGV[1] then redis.call('HSET', KEYS[1], 'owner', '') end
"""
"""Give back what was claimed under this name."""
FORGET = """
if redis.call('HGET', KEYS[1], 'fence') == ARGV[1] then redis.call('DEL', unpack(KEYS)) end
"""
"""Delete what is still written with this fence."""
BURY = """
if redis.call('PUBSUB', 'NUMSUB', ARGV[1])[2] == 0 then redis.call('DEL', KEYS[1]) end
"""
"""Of a lease: end it where nobody hears the channel."""
