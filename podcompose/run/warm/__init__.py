"""
Warm pods: a pod that does not end after one task.

    kinds          which tasks may share a pod, and the idle pod they share; differences between kinds
    reasons        why a task has a pod of its own; fitting: the same with the backend's reasons, and what was found out
    references     which `$(VAR)` of a task the kubelet would expand
    claims         what is written on a pod: the tasks it has, and their results
    marks          what a pod says of itself: its pool, its kind, its age, how many tasks it had
    hosting        what a backend can do besides launching and watching: run a task in a pod that is there
    life           the states of a warm pod and the steps between them, as data
    machine        which pod takes a task, which are started ahead, which are ended: no I/O, no clock
    commands       what the machine is made of: settings, pods, choices, commands
    demand         what is wanted of each kind of pod
    wear           when a pod is to take no more tasks; pace: how long starts and tasks take
    records        a task as a record and an outcome
    yard           the pods and tasks as last seen, under one lock; who is told
    lookout        the views of the backend, and who waits for them; views: one subscription
    launching      a task is claimed; starting: the pods that are sent
    tending        a task is ordered until it has a last word, and its result written
    inheriting     claims that nobody living is sure of
    stopping       stopping, acknowledging, adopting
    upkeep         what the machine commands, done
    crew           who does it: threads, or whoever asks next, by a virtual clock
    subscription   the tasks of a pool, told
    explaining     why a task is warm or not, for people
    making         what a pool is made of, checked; what it tells of itself
    pool           WarmPool: Launcher and Watcher; the machine with its effects
    shell          the programs that run tasks in a pod

A backend of your own is kept warm once it has the methods of `Hosting`, beside those of a Launcher and a Watcher.
"""

from podcompose.run.warm.hosting import Ask, Changed, Hosting, Order, Quit, Report, Run, State, Stop, Swapped, Task, Told, Void

__all__ = ["Ask", "Changed", "Hosting", "Order", "Quit", "Report", "Run", "State", "Stop", "Swapped", "Task", "Told", "Void"]
