"""Scenes: short stories over two vendors that show, on both tickets, everything that an escalation does.

`wanted` says what must be shown, `stage` and `case` are what a story plays on, and each other module but `page` and the
tests holds stories. Every story is played twice: by one daemon, and by a new one at each step.
"""
