"""
A `V1Pod` of the installed kubernetes client, to wire JSON and back: the only room that knows the client's models.

`layout` says how a model class keeps its fields, for every generation of the client; `reading` and `making` go by it.
Importing this does not import the client; making a model does.
"""

from podcompose.models.making import client_version, lend, to_model
from podcompose.models.reading import from_model, is_model

__all__ = ["client_version", "from_model", "is_model", "lend", "to_model"]
