"""The demonstration: 阳光花园, a community that never was, with everybody in it.

`fill` puts it into an empty database, the same every time. Phones begin with 1990, which no operator gives out; names are
put together by rule; there are no identity numbers.
"""

from server.demo.cast import LOGINS
from server.demo.filling import fill

__all__ = ["LOGINS", "fill"]
