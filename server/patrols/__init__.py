"""Patrols 安全巡查: checkpoints, checklists, routes, schedules, and the rounds that guards and repairmen walk with their phones.

Rounds are made ahead as rows by `keeping.py`, walked by the operations of `operations.py`, judged by the pure rules of `states.py`,
`answers.py` and `faking.py`, and read by the office in `board.py`, `report.py` and `rates.py`.
"""
