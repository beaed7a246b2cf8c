"""Meters 抄表: what the community's water, power, gas and heat meters show, month by month, and what was used.

A meter has readings, which are facts and only added. `usage.py` turns two readings into a usage, `plausibility.py` says what is odd about
one; both are pure rules. An odd reading is doubtful and counts for nothing until somebody else than its reader has looked at it
(`reviewing.py`). Routes (`routing.py`) put the meters of a reader in order, a period (`periods.py`) says what is read when.

Who may touch it: `meter.read` reads (repairmen, the clerk), `meter.review` decides about doubtful readings, `meter.manage` keeps meters,
routes and periods.
"""
