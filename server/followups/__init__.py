"""Follow-up 回访: owners are asked how finished work was, by somebody who did not do it.

Drawn by rule when the work is accepted or a complaint answered: complaints, leaks and urgent repairs all, other repairs by a rate of at
least 30 % (the trade's service grades), at random but so that anybody can draw again and get the same.
"""
