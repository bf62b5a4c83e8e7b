"""Telegram: the bot people talk to, and the messenger that tells them.

Texts and screens are pure functions (`wording`, `card`, `screens`); everything that waits stands in `bot`, `messenger`
and `conversation`.
"""
