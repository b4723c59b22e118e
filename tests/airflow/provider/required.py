"""The fields without which the client of this environment makes no model, as JSON: by model, the wire names."""

from __future__ import annotations

import json

from kubernetes.client import models


def required(model):
    """The fields of a model that are missed when they are not given."""
    missed = []
    for attribute, wire in model.attribute_map.items():
        try:
            probe = object.__new__(model)
            probe.local_vars_configuration = type("On", (), {"client_side_validation": True})
            setattr(probe, attribute, None)
        except ValueError:
            missed.append(wire)
    return sorted(missed)


known = {name[2:]: kind for name, kind in vars(models).items() if name.startswith("V1") and hasattr(kind, "attribute_map")}
print(json.dumps({name: required(model) for name, model in known.items()}))
