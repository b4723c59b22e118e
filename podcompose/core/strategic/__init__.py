"""
The STRATEGIC dialect's engine: Kubernetes' strategic merge patch on a Pod, to the letter.

`maps` holds the rules and the exceptions by name, `lists` the merged lists, `order` who stands where, `place` paths and findings.
"""

from podcompose.core.strategic.maps import strategic_merge

__all__ = ["strategic_merge"]
