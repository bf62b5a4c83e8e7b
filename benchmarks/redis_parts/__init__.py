"""What through_redis.py and workers.py share: a private Valkey, subscribers in it, and processes that judge."""
