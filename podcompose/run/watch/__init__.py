"""The watch: one machine without socket, thread or clock. Bytes, statuses and the time go in; requests and rests come out."""

from podcompose.run.watch.machine import WatchMachine
from podcompose.run.watch.requests import Closed, Request, Rest, WatchSettings

__all__ = ["Closed", "Request", "Rest", "WatchMachine", "WatchSettings"]
