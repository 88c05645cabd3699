"""What the command line takes, as data: parsers, help pages and completions are made of it.

Nothing here loads NumPy or Amaranth, so that ``--help`` is quick.
"""
