"""A user of the test's own at the real Redis: what happens to its connections happens to nobody else's."""

from urllib.parse import urlsplit

import pytest

PASSWORD = "of-a-test"


class RedisUser:
    """Its connections can be cut, it can be refused, and it may do what it is let."""

    def __init__(self, connection, name):
        self._connection = connection
        self.name = name

    async def may(self, *rules):
        """Change what it may do, in the words of ACL SETUSER."""
        await self._connection.writes.execute_command("ACL", "SETUSER", self.name, *rules)

    async def cut(self):
        """End every connection of it."""
        await self._connection.writes.execute_command("CLIENT", "KILL", "USER", self.name)

    async def refuse(self):
        """Until it is admitted again, it is not let in."""
        await self.may("off")
        await self.cut()

    async def admit(self):
        """Let it in again."""
        await self.may("on")


@pytest.fixture
async def redis_user(redis_connection, key_prefix):
    """A user who may do everything, until the test says otherwise."""
    user = RedisUser(redis_connection, key_prefix.rstrip(":"))
    await user.may("on", f">{PASSWORD}", "~*", "&*", "+@all")
    yield user
    await redis_connection.writes.execute_command("ACL", "DELUSER", user.name)


@pytest.fixture
def redis_user_url(valkey_url, redis_user):
    """The server's URL as that user."""
    parts = urlsplit(valkey_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{redis_user.name}:{PASSWORD}@{host}").geturl()
