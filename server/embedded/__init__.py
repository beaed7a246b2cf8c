"""The real parts, embedded: PostgreSQL and an S3 gateway run from their wheels, as children of one supervisor.

Nothing here knows the office. A part that is configured from outside (DATABASE_URL, S3_ENDPOINT) is not started.
Everything lives in one data folder, listens on the loopback only and ends with the process that started it, even when
that process is killed: the kernel sends each child a signal (PR_SET_PDEATHSIG) when its parent is gone.
"""
