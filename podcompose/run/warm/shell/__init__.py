"""
The POSIX shell programs that run tasks in a pod that is kept warm: nothing else is needed in it.

    program    the texts: the supervisor, which is the container's process 1, and the fronts, which bring it orders
    minding    of the supervisor: its start, the clock, the fronts, signals and timers
    running    of the supervisor: a task from its order to its result
    script     an order as a front's script; a task's command and variables as shell words
    reports    what a front prints, as Reports
"""
