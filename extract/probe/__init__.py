"""What an endpoint is and can do, found out by asking it: which server, which models, which modes it truly enforces.

`modes` is all that a run needs, in one or two requests; `whole` finds out the rest; `kept` remembers both.
"""
