"""Communities: buildings, rooms, and the people in them, with the history of who owned and lived where.

Whoever has register.read in a community may look; what changes who owns or lives in a room needs register.write.
"""
