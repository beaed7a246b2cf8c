"""Sync: what a phone did without a signal reaches the server exactly once, and what the server has reaches the phone.

`operations.py` lists what a phone may do. `pushing.py` takes operations in: one transaction each, in custody for ever.
`feed.py` tells a phone what changed, in the order of commits. `blobs.py` takes photos, in pieces. `devices.py` knows every phone and
what it still holds, so that loss cannot be silent. Nothing here knows what a round, a hazard or a meter is.
"""
