"""What people ask of many designs at once: which costs what, at which accuracy, on which board.

Everything here is made of what the library tells of each design; nothing below knows this room.
"""
