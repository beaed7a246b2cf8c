"""Hazards 隐患: from the photo of what is dangerous to the word of a second person that it is gone (销号).

`states.py` says which step may follow which, for whom, and what it needs: pure rules, shared by the office's pages and by the
phones (`reducers.py`, static/js/field/reducers/hazard.js). `finding.py` is the only door to a hazard. Every step goes through
`changing.change`: row, event, photos, audit and notice in one transaction. Major hazards 重大 have clocks and a plan of their own.
"""
