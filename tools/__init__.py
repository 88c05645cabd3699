"""How other programs are run, and how their work is kept."""
