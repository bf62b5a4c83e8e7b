"""The real-time store may go and come back: what acts in its place meanwhile, and how that is brought over (R30).

Each file wraps the port of its name and knows ports only. While the store answers, everything goes to it, and what it
was given is remembered until it is settled for good. While it does not, the same process goes on from that memory.
"""
