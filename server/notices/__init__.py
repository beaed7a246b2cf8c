"""Messages 消息: what happened is noted in the change's transaction; afterwards a job decides who hears of it.

`recipients.py` says who, `templates/push/<event>/` holds the words, `telling.py` writes the inbox, which always has them all.
"""
