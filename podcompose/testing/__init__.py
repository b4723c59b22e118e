"""
Hypothesis strategies for other people's tests: pods, patches, and pairs of them that collide.

Needs hypothesis, so nothing else in the package imports it. All of them know the schema of a Pod: every list and every one-of of
it is reached, keys come from small alphabets, and falsy values, unicode and integers that may be strings are among the scalars.

    from hypothesis import given
    from podcompose import compose
    from podcompose.testing import pod_pairs

    @given(pod_pairs())
    def test_my_scheduler_composes_as_podcompose_does(pair):
        pod, patch = pair
        assert my_scheduler.build(pod, patch) == compose(pod, patch).manifest
"""

from podcompose.testing.patches import patches, pod_pairs
from podcompose.testing.pods import json_values, pods, v1pods

__all__ = ["json_values", "patches", "pod_pairs", "pods", "v1pods"]
