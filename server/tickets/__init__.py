"""Repairs 报修: from an owner's report to the owner's word that it is done.

`states.py` says which step may follow which, for whom, and what it needs: pure rules. `finding.py` is the only door to a
ticket: it searches among what the actor may reach. Each step is one function (`reporting`, `dispatching`, `working`,
`finishing`, `accepting`), which changes the row through `changing.change` together with its event, its audit row and the
job that tells the people concerned.
"""
