"""Work after the commit: enqueue in the transaction of the change, done by a worker at least once.

`@job("kind")` names a handler; `enqueue("kind", {...})` asks for it; `server/recurring.py` is the timetable.
"""

from server.jobs.queue import JobRun, enqueue, job

__all__ = ["JobRun", "enqueue", "job"]
