"""
Warm pods: a pod that does not end after one task.

    kinds      which tasks may share a pod, and why not; the idle pod they share
    claims     what is written on a pod: the tasks it has, and their results
    hosting    what a backend can do besides launching and watching: run a task in a pod that is there
    life       the states of a warm pod and the steps between them, as data
    machine    which pod takes a task, which are started ahead, which are ended: no I/O, no clock
    records    a task as a record and an outcome
    pool       WarmPool: Launcher and Watcher; the machine with its effects
"""
