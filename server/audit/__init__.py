"""Who did what, when, on which device: written with every change, never altered, chained by hashes per community.

`record` belongs into the transaction of the change it describes. `verify` finds what was tampered with.
"""

from server.audit.recording import record
from server.audit.verifying import Break, verify

__all__ = ["Break", "record", "verify"]
