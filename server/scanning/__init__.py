"""Reports by a label, without signing in: whoever scans the code on a lift, pump or door says what is wrong there.

A stranger sees only what concerns the place, and is slowed down by address and by label. The report is an ordinary ticket; a secret
address lets its reporter follow it, and an owner who signs in claim it. `alike.py` tells everybody who reports what is known already.
"""
