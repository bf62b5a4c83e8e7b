"""Real-time state in Redis 7 or Valkey: one file a port, one Lua script a file.

Streams are read by the owner of a partition under one fixed consumer name, and never trimmed. Every key that a script
touches shares one hash tag. Every write may be repeated: none is by the client, each is by its caller.
"""
