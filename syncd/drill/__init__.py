"""The drill: the real engine on a rehearsed incident, between two vendors in memory and with channels that only listen.

`stage` builds it so that nothing can leave the machine, `play` lets people act and the clock run. What came of it is
`syncd.engine.drill`'s to say.
"""
