"""Mutation testing of a package: which small faults of its source the tests would find.

``left_out`` and ``changes`` say what is changed, ``sources`` runs a package with changed sources,
``sessions`` runs tests in forks of a process that has imported everything else, ``learned`` knows
which tests execute which statement, ``trials`` judges mutants, ``report`` tells of them.
"""
