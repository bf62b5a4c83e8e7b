"""Send what is owed: fairly, within Telegram's limits, each once, and say how each ended.

`loops` takes, chooses and starts the sends; `sending` carries one out; `hand` remembers what is owed and how it ended;
`waiting` is the queue; `readers` looks up whose wishes count; `holding` keeps back what is told later; `folding` puts
into digests what is not told one by one; `gate` gives way when Telegram complains or is away; `aftermath` passes on
what was learnt about chats.
"""

from tokenfilter.app.deliver_notifications.loops import DeliverNotifications

__all__ = ["DeliverNotifications"]
