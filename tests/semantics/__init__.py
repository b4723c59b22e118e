"""The scoreboard of the merge: its cases, judge, drivers and page."""
